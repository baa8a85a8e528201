/** control: turns the events queue into rows and numbers, compares them with what is true, and shows them. */
import { open } from '@pbstream/db/Database'
import { app } from './App.ts'
import { consume } from './Consumer.ts'
import { feed } from './Counter.ts'
import { keep } from './DeadEvents.ts'
import type { Env } from './Env.ts'
import { deadDeps, everyMinute, log } from './Jobs.ts'
import { forward } from './sentinel/Forward.ts'
import { projectAndTell } from './webhooks/Tell.ts'
import { consumeWebhooks, DEAD_WEBHOOKS, dropDeadWebhooks, WEBHOOKS } from './webhooks/Queue.ts'

export { DeadLetters } from '@pbstream/dead-letters/DeadLetters'
export { Metrics } from '@pbstream/metrics/Metrics'

const DEAD_LETTERS = 'pbstream-events-dlq'

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    if (batch.queue === WEBHOOKS) return consumeWebhooks(env, batch.messages)
    if (batch.queue === DEAD_WEBHOOKS) return dropDeadWebhooks(batch.messages)
    if (batch.queue === DEAD_LETTERS) return keep(deadDeps(env), batch.messages)
    const database = open(env)
    await consume(
      {
        project: (events) => projectAndTell(env, database, events),
        feed: (events, done) => feed(env, events, done),
        forward: (events) => forward(env, events),
        log,
      },
      batch.messages,
    )
  },

  async scheduled(_controller, env) {
    await everyMinute(env)
  },
} satisfies ExportedHandler<Env>
