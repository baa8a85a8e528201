/** What a chunk of a stream costs the server: passed on for nothing, at a fixed price, and counted by its tokens. */
import { Child } from './Child.ts'
import { type Contestant, lanes, quiet } from './Contestant.ts'
import { cpuSeconds } from './Cpu.ts'
import { chunks } from './Origin.ts'
import type { ChunkCost } from './Report.ts'
import type { StreamsOptions } from './Streams.ts'

/** Streams of each kind for a second of measuring. */
const perSecond = 10

/** Null where the CPU of a process is not known. Each contestant has one channel, or none. */
export async function chunkCost(
  contestants: { unpaid: Contestant; flat: Contestant; metered: Contestant },
  signers: readonly Child[],
  seconds: number,
): Promise<ChunkCost | null> {
  const child = Child.start('Streams', 'load')
  const count = Math.ceil(perSecond * seconds)
  try {
    const once = async (contestant: Contestant): Promise<number | undefined> => {
      const { url, pid } = contestant
      const [lane] = await lanes(contestant, signers, count + 1)
      if (lane === undefined) throw new Error(`${contestant.name} has no lane`)
      await child.call('run', { url, lane, count: 1 } satisfies StreamsOptions)
      const rest =
        lane.payment === undefined
          ? lane
          : { ...lane, payment: { ...lane.payment, tickets: lane.payment.tickets.slice(1) } }
      await quiet(pid)
      const before = cpuSeconds(pid)
      await child.call('run', { url, lane: rest, count } satisfies StreamsOptions)
      await quiet(pid)
      const after = cpuSeconds(pid)
      return before === undefined || after === undefined ? undefined : ((after - before) * 1e6) / (count * chunks)
    }
    const unpaid = await once(contestants.unpaid)
    const flat = await once(contestants.flat)
    const metered = await once(contestants.metered)
    if (unpaid === undefined || flat === undefined || metered === undefined) return null
    const round = (us: number) => Number(us.toPrecision(3))
    return {
      chunks: count * chunks,
      unpaid: round(unpaid),
      flat: round(flat),
      metered: round(metered),
      metering: round(metered - flat),
    }
  } finally {
    await child.stop()
  }
}
