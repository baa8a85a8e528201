/** How long it takes until the first byte of a stream is here: unpaid, paid and metered calls in turn, beside the load. */
import { setTimeout as delay } from 'node:timers/promises'
import { serve } from './Child.ts'
import { Connection, assertOk } from './Connection.ts'
import { type Lane, requests } from './Lane.ts'

export type FirstByteOptions = {
  url: string
  unpaid: Lane
  /** Each on a channel of its own: at a fixed price, and as many by tokens. */
  paid: Lane[]
  metered: Lane[]
  seconds: number
}

/** Milliseconds from the request to the first byte of the body. */
export type FirstByteResult = { unpaid: Float64Array; paid: Float64Array; metered: Float64Array }

const pauseMs = 20

async function measure({ url, unpaid, paid, metered, seconds }: FirstByteOptions): Promise<FirstByteResult> {
  const deadline = performance.now() + 1000 * seconds
  const samples = { unpaid: [] as number[], paid: [] as number[], metered: [] as number[] }
  const turns = async (lane: Lane, place: number) => {
    const connection = await Connection.open(url)
    const [free = Buffer.alloc(0)] = requests(unpaid)
    const byTokens = requests(metered[place] ?? { head: '' })
    for (const [i, request] of requests(lane).entries()) {
      const other = byTokens[i]
      if (performance.now() > deadline || other === undefined) break
      samples.unpaid.push(await firstByte(connection, free))
      samples.paid.push(await firstByte(connection, request))
      samples.metered.push(await firstByte(connection, other))
    }
    connection.close()
  }
  await Promise.all(paid.map(turns))
  return {
    unpaid: Float64Array.from(samples.unpaid),
    paid: Float64Array.from(samples.paid),
    metered: Float64Array.from(samples.metered),
  }
}

async function firstByte(connection: Connection, request: Buffer): Promise<number> {
  const before = performance.now()
  let after = Number.NaN
  const answer = await connection.send(request, () => {
    after = performance.now()
  })
  assertOk(answer)
  await delay(pauseMs)
  return after - before
}

serve({ measure })
