/** control: turns the events queue into rows, and shows them. */
import { open } from '@pbstream/db/Database'
import { project } from '@pbstream/db/Projection'
import { app } from './App.ts'
import { consume } from './Consumer.ts'
import type { Env } from './Env.ts'

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const database = open(env)
    await consume(
      {
        project: (events) => project(database, events),
        log: (what, detail) => console.error(JSON.stringify({ what, ...detail })),
      },
      batch.messages,
    )
  },
} satisfies ExportedHandler<Env>
