/** control: turns the events queue into rows and numbers, compares them with what is true, and shows them. */
import { open } from '@pbstream/db/Database'
import { project } from '@pbstream/db/Projection'
import { app } from './App.ts'
import { consume } from './Consumer.ts'
import { feed } from './Counter.ts'
import { keep } from './DeadEvents.ts'
import type { Env } from './Env.ts'
import { deadDeps, everyMinute, log } from './Jobs.ts'

export { DeadLetters } from '@pbstream/dead-letters/DeadLetters'
export { Metrics } from '@pbstream/metrics/Metrics'

const DEAD_LETTERS = 'pbstream-events-dlq'

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    if (batch.queue === DEAD_LETTERS) return keep(deadDeps(env), batch.messages)
    const database = open(env)
    await consume(
      {
        project: (events) => project(database, events),
        feed: (events, done) => feed(env, events, done),
        log,
      },
      batch.messages,
    )
  },

  async scheduled(_controller, env) {
    await everyMinute(env)
  },
} satisfies ExportedHandler<Env>
