/** Sentinel's Worker: what takes more than one key to see, and telling people. It stands beside the path of a request. */
import { consume, consumeDead } from './Consumer.ts'
import type { Env } from './Env.ts'

export { AlertChannel } from './AlertChannels.ts'
export { SentinelOperations } from './Operations.ts'
export { SentinelScope } from './SentinelScopes.ts'

const DEAD_LETTERS = 'pbstream-sentinel-dlq'

export default {
  // Nobody reaches it from outside: control does by service binding.
  fetch: () => new Response(null, { status: 404 }),

  async queue(batch, env) {
    if (batch.queue === DEAD_LETTERS) await consumeDead(env, batch.messages)
    else await consume(env, batch.messages)
  },
} satisfies ExportedHandler<Env, unknown>
