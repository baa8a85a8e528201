/** Hosts the object with a teller that does as a test says, and a clock that a test moves. */
import type { News } from '../src/Port.ts'
import { SentinelScope as Base } from '../src/SentinelScope.ts'

/** Alarms that are set lie in the future of the real clock: only tests run them. A whole day, so that parts of windows are even. */
export const START = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400_000

export class SentinelScope extends Base {
  static time = START
  static readonly told: News[] = []
  /** So many tellings to come fail. */
  static failures = 0

  protected override now(): number {
    return SentinelScope.time
  }

  protected override async tell(_scope: string, news: readonly News[]): Promise<void> {
    if (SentinelScope.failures-- > 0) throw new Error('not now')
    SentinelScope.told.push(...news)
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
