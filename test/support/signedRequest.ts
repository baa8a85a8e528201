import type { Stack, StackPayer } from './Stack.ts'

/**
 * The paid request that the official client would send next, kept back: a test sends it as often as it likes.
 *
 * `pay` sends unpaid and paid requests as usual, and so moves the client's state on. `send`: what carries them.
 */
export async function createHoldback(
  stack: Stack,
  options: Parameters<Stack['payer']>[0] = {},
  send: typeof fetch = fetch,
) {
  let held: Request | undefined
  let holding = false
  const hold: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    if (!holding || !request.headers.has('PAYMENT-SIGNATURE')) return send(request)
    held = request
    return new Response(null, { status: 204 })
  }
  const payer: StackPayer = await stack.payer({ scheme: 'batch-settlement', ...options, fetch: hold })
  return {
    payer,
    pay: payer.fetch,
    async sign(url: string, init?: RequestInit): Promise<Request> {
      holding = true
      await payer.fetch(url, init)
      holding = false
      if (held === undefined) throw new Error('the client did not pay')
      return held
    },
  }
}

/** Sends copies of one request at the same time. */
export function sendAtOnce(
  request: Request,
  copies: number,
  headers: Record<string, string> = {},
): Promise<Response[]> {
  return Promise.all(
    Array.from({ length: copies }, () => {
      const copy = request.clone()
      for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value)
      return fetch(copy)
    }),
  )
}

/** How many answers had each status. */
export function statuses(responses: Response[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
