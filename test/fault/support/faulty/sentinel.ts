/** The Worker of Sentinel with faults at its queue and its database. */
import worker from '../../../../workers/sentinel/src/index.ts'
import { control, faultyConsumer, faultyDatabase } from './Faults.ts'

export * from '../../../../workers/sentinel/src/index.ts'

type Env = Parameters<typeof worker.queue>[1]

const faulty = (env: Env): Env => ({ ...env, DB: faultyDatabase(env.DB!) })

export default {
  ...worker,
  async fetch(request: Request) {
    return (await control(request, {})) ?? new Response(null, { status: 404 })
  },
  queue: faultyConsumer<Env>((batch, env) => worker.queue(batch, faulty(env))),
}
