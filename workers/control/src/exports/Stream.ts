/**
 * A file that is read from the database while it is sent: a page at a time, the next when the one before is taken. What
 * cannot be read breaks the answer off; every line has in its last cell where to go on.
 */
import { type Cell, line } from './Csv.ts'

/** The lines of one page, and how to get the next; undefined: that was the last. */
export type Page = { lines: Cell[][]; next: (() => Promise<Page>) | undefined }

/** Pages of one answer: a Worker may ask its database a thousand times and no more. */
const PAGES_MAX = 400

/** @throws when not even the first page can be read: then nothing has been sent. */
export async function fileOf(header: Cell[], first: () => Promise<Page>): Promise<ReadableStream<Uint8Array>> {
  let page: Page | undefined = await first()
  let pages = 1
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(line(header)))
    },
    async pull(controller) {
      // A page without lines is passed over; a stream whose pull brings nothing is not asked again.
      while (page !== undefined) {
        const { lines, next }: Page = page
        // An answer that ends early ends behind a line: the file goes on from there.
        const full = pages++ >= PAGES_MAX && lines.length > 0
        page = full ? undefined : await next?.()
        if (lines.length === 0) continue
        controller.enqueue(encoder.encode(lines.map(line).join('')))
        return
      }
      controller.close()
    },
  })
}
