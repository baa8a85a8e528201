/** What goes over the wire while a call is paid for, for `-v` and for what is said of the cost afterwards. */
import { plain, visible } from './validate/Checks.ts'

/** Headers whose values pay, prove or let in. They are never shown. */
const SECRET =
  /^(?:authorization|cookie|set-cookie|payment-signature|x-payment|x-api-key|signature|pbstream-(?:session|voucher|payment))$/i

export type Trace = {
  fetch: typeof fetch
  /** The `Idempotency-Key` of the last request. */
  lastId(): string | undefined
  requests(): number
}

/** @param note gets a line for each line of a head, when there is somebody to read it. */
export function trace(note?: (line: string) => void): Trace {
  let id: string | undefined
  let requests = 0
  return {
    async fetch(input, init) {
      const request = new Request(input, init)
      requests++
      id = request.headers.get('idempotency-key') ?? undefined
      const { pathname, search } = new URL(request.url)
      note?.(`> ${request.method} ${plain(pathname + search)}`)
      for (const [name, value] of request.headers) note?.(`> ${header(name, value)}`)
      const response = await fetch(request)
      note?.(`< ${response.status} ${plain(response.statusText)}`)
      for (const [name, value] of response.headers) note?.(`< ${header(name, value)}`)
      return response
    },
    lastId: () => id,
    requests: () => requests,
  }
}

function header(name: string, value: string): string {
  return `${name}: ${SECRET.test(name) ? `(${value.length} characters)` : visible(value)}`
}
