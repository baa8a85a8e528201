/** The ledger's money rules and the escrow's are two programs for one set of rules: here they run side by side. */
import * as Core from '@pbstream/core/Ledger'
import { Chain } from '@pbstream/local/Chain'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from './support/Command.ts'
import { relayer } from './support/Escrow.ts'
import { type Ledger, Pair } from './support/Pair.ts'

const seed = Number(process.env.DIFFERENTIAL_SEED ?? 20_260_101)
const numRuns = Number(process.env.DIFFERENTIAL_RUNS ?? 30)

let chain: Chain

beforeAll(async () => {
  chain = await Chain.start({ accounts: [relayer] })
  await chain.client.impersonateAccount({ address: relayer })
})

afterAll(async () => chain?.stop())

const kinds = [
  ['plain', false],
  ['governed', true],
] as const

test.each(kinds)('after every command the ledger and the escrow say the same (%s channel)', async (_kind, governed) => {
  const same = fc.asyncProperty(commands, async (list) => Pair.run(chain, governed, list))
  // Other lists for each kind.
  await fc.assert(same, { seed: governed ? seed + 1 : seed, numRuns })
})

describe('a ledger with a mistake of one unit is found out:', () => {
  const mistakes: [string, Partial<Ledger>][] = [
    ['it books less claimed', { claimConfirmed: (of, total, paid) => Core.claimConfirmed(of, total - 1n, paid) }],
    [
      'it books less returned',
      { refundDone: (of, done) => Core.refundDone(of, { ...done, amount: done.amount - 1n }) },
    ],
    ['it books more deposited', { depositMined: (of, amount) => Core.depositMined(of, amount + 1n) }],
    ['it lets less be claimed', { claimable: (of) => Core.claimable(of) - 1n }],
  ]
  test.each(mistakes)('%s', async (_what, mistake) => {
    const ledger = { ...Core, ...mistake }
    const same = fc.asyncProperty(commands, async (list) => Pair.run(chain, false, list, ledger))
    const { errorInstance } = await fc.check(same, { seed, numRuns: 20, endOnFailure: true })
    expect(errorInstance).toMatchObject({ name: 'AssertionError' })
  })
})
