/** What can happen to a channel, as data: `of` numbers are cut to what the channel allows when the command runs. */
import fc from 'fast-check'

export const STALE = ['row', 'lower', 'above', 'foreign', 'authorizer', 'balance', 'refund'] as const

export type Command =
  /** `late`: depth k comes only with the next deposit. */
  | { kind: 'deposit'; amount: bigint; late: boolean }
  /** `open`: the hold is posted only with the next charge. */
  | { kind: 'charge'; hold: bigint; slack: bigint; of: bigint; open: boolean }
  | { kind: 'claim'; all: boolean; by: 'settleBatch' | 'claimWithSignature' | 'nobody' }
  /** `amount` absent: all that is left. */
  | { kind: 'refund'; amount: bigint | undefined; mined: boolean }
  /** `race`: everything is claimed while the withdrawal is pending. */
  | { kind: 'withdraw'; of: bigint; race: boolean }
  | { kind: 'stale'; what: (typeof STALE)[number]; of: bigint; packed: boolean }

const amount = fc.oneof(fc.bigInt({ min: 1n, max: 50n }), fc.bigInt({ min: 1n, max: 1_000_000n }))
const kind = <K extends Command['kind']>(value: K) => fc.constant(value)

const deposit = fc.record({ kind: kind('deposit'), amount, late: fc.boolean() })
const charge = fc.record({
  kind: kind('charge'),
  hold: amount,
  slack: fc.oneof(fc.constant(0n), amount),
  of: amount,
  open: fc.boolean(),
})
const claim = fc.record({
  kind: kind('claim'),
  all: fc.boolean(),
  by: fc.constantFrom('settleBatch', 'settleBatch', 'claimWithSignature', 'claimWithSignature', 'nobody'),
})
const refund = fc.record({
  kind: kind('refund'),
  amount: fc.option(amount, { nil: undefined }),
  mined: fc.boolean(),
})
const withdraw = fc.record({ kind: kind('withdraw'), of: amount, race: fc.boolean() })
const stale = fc.record({ kind: kind('stale'), what: fc.constantFrom(...STALE), of: amount, packed: fc.boolean() })

const any = fc.oneof(
  { arbitrary: deposit, weight: 3 },
  { arbitrary: charge, weight: 8 },
  { arbitrary: claim, weight: 5 },
  { arbitrary: refund, weight: 2 },
  { arbitrary: withdraw, weight: 1 },
  { arbitrary: stale, weight: 4 },
)

/** About 16 commands. Starts as channels do, so that most of what follows has money to move. */
export const commands: fc.Arbitrary<readonly Command[]> = fc
  .tuple(deposit, charge, fc.array(any, { minLength: 8, maxLength: 20 }))
  .map(([first, second, rest]) => [first, second, ...rest])
