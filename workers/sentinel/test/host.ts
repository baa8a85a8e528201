/** The Worker under test. The alarms of its objects lie far ahead: tests decide when they ring. */
import worker, { AlertChannel as Channel, SentinelScope as Scope } from '../src/index.ts'

export { SentinelOperations } from '../src/index.ts'

const DAY = 86_400_000

export class AlertChannel extends Channel {
  protected override at(time: number): number {
    return time + DAY
  }
}

export class SentinelScope extends Scope {
  protected override at(time: number): number {
    return time + DAY
  }
}

export default worker
