/** The control Worker with faults at its queue. */
import worker from '../../../../workers/control/src/index.ts'
import { control, faultyConsumer, faultyDatabase } from './Faults.ts'

export * from '../../../../workers/control/src/index.ts'

type Env = Parameters<typeof worker.queue>[1]

const faulty = (env: Env): Env => ({ ...env, DB: faultyDatabase(env.DB!) })

export default {
  ...worker,
  async fetch(request: Request, env: Env, ctx: ExecutionContext) {
    const answer = await control(request, {})
    return answer ?? worker.fetch(request as never, faulty(env), ctx as never)
  },
  queue: faultyConsumer<Env>((batch, env) => worker.queue(batch, faulty(env))),
}
