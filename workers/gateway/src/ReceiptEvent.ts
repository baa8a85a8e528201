/** The receipt as the last event of a stream of server-sent events, for callers that ask for it. */

/** Asks for it: `true`. */
export const RECEIPT_EVENT_HEADER = 'pbstream-receipt-event'

const EVENT_STREAM = /^text\/event-stream\b/i
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const encoder = new TextEncoder()

/** Whether the caller asks for the receipt as an event, and the answer is a stream of events. */
export function isWanted(request: Request, upstream: Response): boolean {
  return (
    request.headers.get(RECEIPT_EVENT_HEADER) === 'true' &&
    upstream.body !== null &&
    EVENT_STREAM.test(upstream.headers.get('content-type') ?? '')
  )
}

/**
 * The same events as they come, and at their end one more. A stream that breaks off gets none: nobody is to take it for
 * complete. `receipt` is asked for when the last event has passed.
 */
export function append(
  source: ReadableStream<Uint8Array>,
  receipt: Promise<string | undefined>,
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  let tail: number[] = []
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done) {
          tail = [...tail, ...value.subarray(-4)].slice(-4)
          return controller.enqueue(value)
        }
        const jws = await receipt
        if (jws !== undefined)
          controller.enqueue(encoder.encode(`${gap(tail)}event: pbstream-receipt\ndata: ${jws}\n\n`))
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** What is missing of the empty line that ends an event. */
function gap(tail: readonly number[]): string {
  if (tail.length === 0) return ''
  const lines = String.fromCharCode(...tail).replaceAll('\r\n', '\n')
  if (/[\r\n]{2}$/.test(lines)) return ''
  const last = tail.at(-1)
  return last === LINE_FEED || last === CARRIAGE_RETURN ? '\n' : '\n\n'
}
