/**
 * Decisions inside workerd. Its clock ticks in milliseconds (and goes on without I/O outside of Cloudflare's network), so
 * what is known is how many decisions were made in each millisecond.
 */
import { decisions, type Decide } from './DecisionLoad.ts'

/** How many decisions ended in each stretch between two ticks, and how long it was. */
export type Stretch = readonly [decisions: number, ms: number]

let decide: Decide | undefined

export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url)
    decide ??= decisions(Number(searchParams.get('rules')))
    const stretches: Stretch[] = []
    const began = performance.now()
    const until = began + Number(searchParams.get('ms'))
    let tick = began
    let count = 0
    while (tick < until) {
      decide()
      count++
      const now = performance.now()
      if (now === tick) continue
      stretches.push([count, now - tick])
      tick = now
      count = 0
    }
    return Response.json(stretches)
  },
}
