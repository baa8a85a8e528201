import { env } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import { sessionName } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { steps } from '../../durable-objects/stream-session/test/Steps.ts'
import { acknowledge } from '../../workers/settlement/src/Deps.ts'
import { client } from '../../workers/settlement/test/support/chain.ts'
import { faults } from './support/Faults.ts'
import { type Consumers, consumers } from './support/host.ts'
import { type History, Line } from './support/Line.ts'

/** Without a number of runs the same few histories each time; with one, others each time. A failure prints its seed. */
const { RUNS, SEED } = env as unknown as { RUNS?: number; SEED?: number }
const seed = SEED ?? (RUNS === undefined ? 7 : undefined)

const histories: fc.Arbitrary<History> = fc.record({
  steps: steps.map((all) => all.slice(0, 50)),
  faults: fc.array(fc.record({ at: fc.nat({ max: 49 }), fault: fc.constantFrom(...faults) }), { maxLength: 10 }),
})

/** A check that nothing reaches proves nothing. */
const mustReach = [
  ...['granted', 'deposit', 'corrective', 'unheard', 'deposit mined', 'post true', 'void true', 'mark true'],
  ...faults,
]

// No reorganisation takes back what the accounts were given before the first history.
beforeAll(() => client.mine({ blocks: 2 }))
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return () => vi.restoreAllMocks()
})

test('I1–I9 I13: whatever fails on the way, what was acknowledged is recorded, settled and shown, once', async () => {
  const holds = fc.asyncProperty(histories, (history) => new Line().run(history))
  // Nothing is made smaller: a history takes a second, and the clocks of a smaller one run otherwise.
  await fc.assert(holds, { numRuns: RUNS ?? 15, endOnFailure: true, ...(seed === undefined ? {} : { seed }) })
  for (const what of mustReach) expect(Line.reached.get(what) ?? 0, what).toBeGreaterThan(0)
})

describe('a mistake in a consumer is found out:', () => {
  const mistakes: Record<string, Partial<Consumers>> = {
    'claims are reported as settled and not sent': {
      claims: async (batch, on) => {
        for (const message of batch.messages as readonly Message<ClaimMessage>[]) {
          const { session, channelId, total } = message.body
          const event = { kind: 'claim', channelId, total: BigInt(total), status: 'confirmed', settled: true } as const
          await acknowledge(on as never, sessionName(session as never), [event as never])
          message.ack()
        }
      },
    },
    'some events are acknowledged and not written': {
      events: async (batch, on) => {
        const skipped = ({ body }: Message) => ((body as PbEvent & { kind: 'session' }).rows?.[0]?.seq ?? 1) % 3 === 0
        for (const message of batch.messages) if (skipped(message)) message.ack()
        const messages = batch.messages.filter((message) => !skipped(message))
        await consumers.events({ queue: batch.queue, messages } as unknown as MessageBatch, on)
      },
    },
  }
  test.each(Object.entries(mistakes))('%s', async (_, mistake) => {
    const holds = fc.asyncProperty(histories, (history) => new Line(mistake).run(history))
    const { errorInstance } = await fc.check(holds, { seed: 7, numRuns: 10, endOnFailure: true })
    expect(errorInstance).toMatchObject({ name: 'AssertionError' })
  })
})
