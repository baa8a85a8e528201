/** The settlement Worker with faults at its queue, its lanes and the signer of these. */
import worker, { NonceLane as Real } from '../../../../workers/settlement/src/index.ts'
import { abort, born, control, faultyAlarm, faultyConsumer, faultyQueue, loseAlarm, skewed } from './Faults.ts'
import { faultySigner } from './signer.ts'

export * from '../../../../workers/settlement/src/index.ts'

type Env = ConstructorParameters<typeof Real>[1]

faultySigner(Real)

export class NonceLane extends Real {
  constructor(ctx: DurableObjectState, env: Env) {
    super(skewed(ctx), { ...env, EVENTS: faultyQueue('events', env.EVENTS) })
    born('NONCE_LANE', ctx)
  }

  override async alarm(): Promise<void> {
    return faultyAlarm(() => super.alarm())
  }

  async faultAbort(alarmless: boolean): Promise<void> {
    if (alarmless) await loseAlarm(this.ctx)
    await abort(this.ctx, false)
  }

  async faultRows(sql: string): Promise<Record<string, SqlStorageValue>[]> {
    return this.ctx.storage.sql.exec(sql).toArray()
  }
}

export default {
  ...worker,
  async fetch(request: Request, env: Env) {
    const answer = await control(request, { NONCE_LANE: env.NONCE_LANE })
    return answer ?? worker.fetch(request as never, env)
  },
  queue: faultyConsumer<Env>((batch, env) => worker.queue(batch, env)),
}
