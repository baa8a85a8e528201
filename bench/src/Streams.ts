/** Long streams, one after the other, so that the CPU of the server can be divided by their chunks. */
import { serve } from './Child.ts'
import { Connection, assertOk } from './Connection.ts'
import { type Lane, requests } from './Lane.ts'

export type StreamsOptions = { url: string; lane: Lane; count: number }

async function run({ url, lane, count }: StreamsOptions): Promise<void> {
  const connection = await Connection.open(url)
  const all = requests(lane)
  for (let i = 0; i < count; i++) {
    // An unpaid lane is one request for ever.
    const request = all[lane.payment === undefined ? 0 : i]
    if (request === undefined) throw new Error(`there are ${all.length} requests for ${count} streams`)
    assertOk(await connection.send(request))
  }
  connection.close()
}

serve({ run })
