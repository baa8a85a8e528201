/** The gateway Worker with faults at the calls, the disk and the queues of its sessions. */
import type { ChainEvent, Report, ReportReply, Reserve, ReserveReply } from '@pbstream/core/message/Session'
import worker, { StreamSession as Real } from '../../../../workers/gateway/src/index.ts'
import {
  abort,
  born,
  breakable,
  control,
  delays,
  faultyAlarm,
  faultyDatabase,
  faultyQueue,
  interruptible,
  loseAlarm,
  skewed,
  strikes,
} from './Faults.ts'

export * from '../../../../workers/gateway/src/index.ts'

type Env = Parameters<typeof worker.fetch>[1]
type SessionEnv = ConstructorParameters<typeof Real>[1] & { CLAIMS: Queue<never>; EVENTS: Queue<never> }

export class StreamSession extends Real {
  /** Reports that came along with a reservation are not a call of their own. */
  #carried = false

  constructor(ctx: DurableObjectState, env: SessionEnv) {
    super(interruptible(skewed(ctx)), {
      ...env,
      CLAIMS: faultyQueue('claims', env.CLAIMS),
      EVENTS: faultyQueue('events', env.EVENTS),
    } as SessionEnv)
    born('STREAM_SESSION', ctx)
    breakable(ctx.storage)
  }

  override async reserve(command: Reserve, reports?: Report[]): Promise<ReserveReply> {
    await delays('reserve:slow')
    overloaded('reserve')
    if (strikes('reserve:newer') !== undefined) return super.reserve({ ...command, v: 2 as 1 }, reports)
    return this.#cut('reserve', () => this.#carrying(() => super.reserve(command, reports)))
  }

  override async report(v: 1, reports: Report[]): Promise<ReportReply[]> {
    overloaded('report')
    if (!this.#carried && strikes('report:newer') !== undefined) return super.report(2 as 1, reports)
    return this.#cut('report', () => super.report(v, reports))
  }

  override async acknowledge(v: 1, events: ChainEvent[]): Promise<void> {
    await delays('acknowledge:slow')
    if (strikes('acknowledge:newer') !== undefined) return super.acknowledge(2 as 1, events)
    return this.#cut('acknowledge', () => super.acknowledge(v, events))
  }

  override async alarm(): Promise<void> {
    return this.#cut('alarm', () => faultyAlarm(() => super.alarm()))
  }

  async faultAbort(alarmless: boolean): Promise<void> {
    if (alarmless) await loseAlarm(this.ctx)
    await abort(this.ctx, false)
  }

  async faultRows(sql: string): Promise<Record<string, SqlStorageValue>[]> {
    return this.ctx.storage.sql.exec(sql).toArray()
  }

  #carrying<T>(work: () => T): T {
    this.#carried = true
    try {
      return work()
    } finally {
      this.#carried = false
    }
  }

  /** `…:abort_before`: nothing was done. `…:abort_undone`: done, not on disk. `…:abort_done`: on disk, no reply. */
  async #cut<T>(call: string, work: () => Promise<T>): Promise<T> {
    if (strikes(`${call}:abort_before`) !== undefined) await abort(this.ctx, false)
    const result = await work()
    if (strikes(`${call}:abort_undone`) !== undefined) await abort(this.ctx, false)
    if (strikes(`${call}:abort_done`) !== undefined) await abort(this.ctx, true)
    return result
  }
}

/** As the platform says it. */
function overloaded(call: string): void {
  if (strikes(`${call}:overloaded`) === undefined) return
  throw Object.assign(new Error('Durable Object is overloaded. Too many requests queued.'), { overloaded: true })
}

export default {
  ...worker,
  async fetch(request: Request, env: Env & { STREAM_SESSION: DurableObjectNamespace }, ctx: ExecutionContext) {
    const answer = await control(request, { STREAM_SESSION: env.STREAM_SESSION })
    return answer ?? worker.fetch(request as never, { ...env, DB: faultyDatabase(env.DB!) }, ctx)
  },
}
