/**
 * The fast world against the full one: where no fault comes between a handler and its lane, node or session, whose
 * answers the two draw in another order, the same seed has to be the same history, number by number after every step.
 */
import type { ChannelNumbers } from '@pbstream/core/message/Session'
import { expect, test } from 'vitest'
import { type Options, World } from './fast/World.ts'
import { run } from './full/FullWorld.ts'
import { type Fault, Faults } from './support/Faults.ts'
import { Random } from './support/Random.ts'

/** SIM_SEED=… SIM_PAIRS=… for other histories, or more of them. */
const SEED = Number(process.env['SIM_SEED'] ?? 1)
const PAIRS = Number(process.env['SIM_PAIRS'] ?? 60)

/** Faults that both worlds meet at the same calls. */
const alike = new Set<Fault>([
  ...(['alarmLate', 'alarmLost', 'clockSkew', 'messageTwice', 'messageLost', 'gatewayDies', 'reportTwice'] as const),
  ...(['upstreamFails', 'upstreamHangs', 'callerHangsUp', 'vouchersWrong', 'withdraws', 'claimsByOthers'] as const),
  ...(['depositsDirectly', 'refundCopied', 'poolDrops', 'reorganises', 'feesRise', 'budgetSpent'] as const),
  ...(['nodeRefuses', 'keyStops'] as const),
])

type Life = { steps: string[]; ends: (ChannelNumbers | undefined)[] }

async function life(play: (options: Options) => World | Promise<World>, skip: ReadonlySet<number>): Promise<Life> {
  const steps: string[] = []
  const world = await play({ skip, trace: (line) => void steps.push(line) })
  return { steps, ends: [0, 1].map((channel) => world.oracle.numbers(channel)) }
}

/** Steps in which commands meet in one group: what settlement tells meanwhile joins it in one world only. */
function bursts(seed: number): Set<number> {
  const steps = new Set<number>()
  const trace = (line: string) => {
    const [, step] = /^(\d+) burst/.exec(line) ?? []
    if (step !== undefined) steps.add(Number(step))
  }
  World.run(seed, { trace })
  return steps
}

function seeds(): { seed: number; faults: readonly Fault[] }[] {
  const found: { seed: number; faults: readonly Fault[] }[] = []
  for (let seed = SEED; found.length < PAIRS; seed++) {
    const { names } = new Faults(new Random(0), seed)
    if (names.every((name) => alike.has(name))) found.push({ seed, faults: names })
  }
  return found
}

test(
  `${PAIRS} histories from seed ${SEED} are the same with the real settlement and lane as with those made for speed`,
  async () => {
    let [spent, settled] = [0n, 0n]
    const met = new Set<Fault>()
    for (const { seed, faults } of seeds()) {
      const skip = bursts(seed)
      const fast = await life((options) => World.run(seed, options), skip)
      const full = await life((options) => run(seed, options), skip)
      expect(full.steps, `seed ${seed}, step by step`).toEqual(fast.steps)
      expect(full.ends, `seed ${seed}, at the end`).toEqual(fast.ends)
      for (const numbers of fast.ends) {
        spent += numbers?.spent ?? 0n
        settled += numbers?.settled ?? 0n
      }
      for (const name of faults) met.add(name)
    }
    // Two worlds in which nothing happens are alike as well.
    expect(spent).toBeGreaterThan(BigInt(PAIRS))
    expect(settled).toBeGreaterThan(BigInt(PAIRS))
    if (PAIRS >= 60) expect(met.size).toBeGreaterThan(alike.size / 2)
  },
  60_000 + PAIRS * 2_000,
)
