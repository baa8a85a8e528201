/** What happens in the histories: commands to the books, reports of settlement, time and misfortune. */
import type { Counts } from '@pbstream/core/message/Counts'
import fc from 'fast-check'
import { type Terms, terms } from './Limits.ts'
import { periods, usages } from './MeterModel.ts'

export type Step =
  | {
      do: 'reserve'
      hold: bigint
      above: bigint
      call: number
      id: number
      digest: number
      deposit: bigint
      second: boolean
      period: string | undefined
    }
  | { do: 'post' | 'mark'; which: number; amount: bigint; usage: Counts | undefined }
  | { do: 'void'; which: number; frees: boolean }
  | { do: 'answer'; which: number }
  | { do: 'observe'; more: bigint; less: bigint; withdrawal: boolean; stop: Stop; second: boolean }
  | { do: 'deposit'; which: number; status: 'mined' | 'confirmed' | 'failed'; amount: bigint }
  | { do: 'claim'; which: number; status: 'confirmed' | 'failed' | 'deferred'; paid: boolean }
  | { do: 'refund'; amount: bigint; second: boolean }
  | { do: 'refunded'; which: number; status: 'mined' | 'failed' }
  | { do: 'policy'; terms: Terms; again: boolean; older: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'commit' | 'fail' | 'crash' }

/** What the chain says of the key that governs a channel: nothing, or that its stop has or has not bitten. */
type Stop = 'none' | 'lifted' | 'grace' | 'over'

const which = fc.nat({ max: 9 })
const second = fc.boolean()
const rarely = fc.nat({ max: 5 }).map((n) => n === 0)
const amount = fc.bigInt({ min: 0n, max: 12n })
const doing = <T extends string>(...names: T[]) => fc.constantFrom(...names)

export const commands: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
  {
    weight: 10,
    arbitrary: fc.record({
      do: doing('reserve'),
      hold: fc.bigInt({ min: 1n, max: 9n }),
      above: fc.oneof({ weight: 3, arbitrary: fc.constant(0n) }, fc.bigInt({ min: -4n, max: 6n })),
      call: fc.nat({ max: 12 }),
      id: fc.nat({ max: 6 }),
      digest: fc.nat({ max: 1 }),
      deposit: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 40n })),
      second,
      period: periods,
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: doing('post', 'mark'), which, amount, usage: usages }) },
  { weight: 2, arbitrary: fc.record({ do: doing('void'), which, frees: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: doing('answer'), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: doing('observe'),
      more: amount,
      less: fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: amount }),
      withdrawal: fc.nat({ max: 5 }).map((n) => n === 0),
      stop: fc.constantFrom<Stop>('none', 'none', 'lifted', 'lifted', 'grace', 'over'),
      second,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: doing('deposit'),
      which,
      status: doing('mined', 'confirmed', 'failed'),
      amount: fc.bigInt({ min: 1n, max: 40n }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: doing('claim'),
      which,
      status: doing('confirmed', 'failed', 'deferred'),
      paid: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: doing('refund'), amount, second }) },
  { weight: 1, arbitrary: fc.record({ do: doing('refunded'), which, status: doing('mined', 'failed') }) },
  { weight: 1, arbitrary: fc.record({ do: doing('policy'), terms, again: fc.boolean(), older: rarely }) },
  { weight: 4, arbitrary: fc.record({ do: doing('wait'), ms: fc.constantFrom(10, 2_000, 6_000, 91_000, 700_000) }) },
  { weight: 8, arbitrary: fc.record({ do: doing('commit') }) },
  { weight: 1, arbitrary: fc.record({ do: doing('fail', 'crash') }) },
] as { weight: number; arbitrary: fc.Arbitrary<Step> }[]

export const lengths = { minLength: 20, maxLength: 100, size: 'max' } as const

/** Histories of vouchers alone. */
export const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(...commands), lengths)
