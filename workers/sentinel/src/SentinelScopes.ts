/** The objects of scopes: what follows from rules across keys and from breakers is written down, done and told here. */
import { parseSessionName } from '@pbstream/core/message/Session'
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import { writeBreaker } from '@pbstream/db/Breakers'
import { open } from '@pbstream/db/Database'
import { record } from '@pbstream/db/Decisions'
import type { News } from '@pbstream/sentinel-scope/Port'
import { SentinelScope as Base } from '@pbstream/sentinel-scope/SentinelScope'
import type { Env } from './Env.ts'
import { ofBreaker, ofDecision } from './Notices.ts'
import { tell } from './Tell.ts'

export class SentinelScope extends Base<Env> {
  protected override async tell(scope: string, news: readonly News[]): Promise<void> {
    const db = open(this.env)
    // What protects comes first: breakers, stops; then the record, then people.
    for (const each of news) {
      if (each.kind === 'breaker') {
        const { breaker } = each
        const until = breaker.until === null ? null : new Date(breaker.until)
        await writeBreaker(db, { ...breaker, until, at: new Date(breaker.at) }, new Date())
      } else if (each.kind === 'stop') await this.#stop(each)
    }
    const decided = news.flatMap((each) => (each.kind === 'decision' ? [each] : []))
    // Beside the key that it is about, so that its payer finds it, too.
    for (const [session, of] of Map.groupBy(decided, (each) => each.session ?? '')) {
      const rows = of.map(({ decision }) => decision)
      const ref = parseSessionName(session)
      const about = ref === undefined ? undefined : { payer: ref.payer, chainId: ref.chainId }
      await record(db, `cross:${scope}`, rows, about)
    }
    const owner = scope.startsWith('owner:') ? scope : undefined
    await tell(
      this.env,
      db,
      news.flatMap((each) => {
        if (each.kind === 'breaker') return [ofBreaker(each.breaker)]
        const isTold = each.kind === 'decision' && each.decision.effect === 'done'
        return isTold ? [ofDecision(each.decision, { session: each.session, owner })] : []
      }),
    )
  }

  async #stop({ session, order }: Extract<News, { kind: 'stop' }>): Promise<void> {
    const ref = parseSessionName(session)
    if (ref === undefined) return
    const object = this.env.STREAM_SESSION.getByName(session) as unknown as Pick<SentinelSessionApi, 'stop'>
    await object.stop(1, ref, order)
  }
}
