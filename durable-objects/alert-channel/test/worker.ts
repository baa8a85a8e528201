/** Hosts the object with a sender that does as a test says, and a clock that a test moves. */
import { AlertChannel as Base } from '../src/AlertChannel.ts'
import type { Answer, ChannelTotals, Sending } from '../src/Port.ts'

/** Alarms that are set lie in the future of the real clock: only tests run them. */
export const START = Date.now() + 86_400_000

export class AlertChannel extends Base {
  static time = START
  /** Answers of the attempts to come; then all go well. */
  static readonly answers: (Answer | Error)[] = []
  static readonly sent: Sending[] = []
  static readonly totals: ChannelTotals[] = []

  protected override now(): number {
    return AlertChannel.time
  }

  protected override async send(sending: Sending): Promise<Answer> {
    AlertChannel.sent.push(sending)
    const answer = AlertChannel.answers.shift() ?? { ok: true, code: 200 }
    if (answer instanceof Error) throw answer
    return answer
  }

  protected override async counted(_id: string, totals: ChannelTotals): Promise<void> {
    AlertChannel.totals.push(totals)
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
