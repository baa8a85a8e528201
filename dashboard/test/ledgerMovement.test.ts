import { describe, expect, it } from 'vitest'
import { entriesOf, type Movement, readerOf, turnoverOf } from '../src/pages/ledger/Movement.ts'
import { readMovements } from '../src/pages/ledger/Read.ts'

const HEADER =
  'time,kind,session,seq,channel,receiver,token,from,to,amount_atomic_units_6_decimals,transaction,cursor\r\n'
const line = (kind: string, from: string, to: string, amount: number, at = '2026-11-23T10:00:00.000Z', seq = 1) =>
  `${at},${kind},31337:0xc:0xp:0xk,${seq},0xch,0xr,0xt,${from},${to},${amount},0xtx,c${seq}\r\n`

describe('a line of the file', () => {
  it('is read by the names of the header', () => {
    expect(readerOf(HEADER)(line('settle', 'claimed', 'provider', 5_000_000))).toEqual({
      at: Date.UTC(2026, 10, 23, 10),
      kind: 'settle',
      session: '31337:0xc:0xp:0xk',
      seq: '1',
      channel: '0xch',
      from: 'claimed',
      to: 'provider',
      amount: 5_000_000n,
      transaction: '0xtx',
    })
  })

  it('in another order of columns', () => {
    const read = readerOf('cursor,amount_atomic_units_6_decimals,kind\r\n')
    expect(read('c,7,claim\r\n')).toMatchObject({ kind: 'claim', amount: 7n })
  })
})

const moved = (kind: string, from: string, to: string, amount: bigint): Movement => {
  return { at: 0, kind, session: 's', seq: '1', channel: 'c', from, to, amount, transaction: undefined }
}
const some = [
  moved('deposit', 'payer', 'escrow', 10n),
  moved('claim', 'earned', 'claimed', 4n),
  moved('claim', 'earned', 'claimed', 2n),
  moved('settle', 'claimed', 'provider', 6n),
]

describe('double entry', () => {
  it('adds up each way, the largest first', () => {
    expect(turnoverOf(some).map(({ kind, count, amount }) => [kind, count, amount])).toEqual([
      ['deposit', 1, 10n],
      ['claim', 2, 6n],
      ['settle', 1, 6n],
    ])
  })

  it('gives what each account gave and received', () => {
    expect(entriesOf(some).find(({ account }) => account === 'claimed')).toEqual({
      account: 'claimed',
      given: 6n,
      received: 6n,
      change: 0n,
    })
  })

  it('changes add up to nothing', () => {
    expect(entriesOf(some).reduce((sum, { change }) => sum + change, 0n)).toBe(0n)
  })
})

describe('movements of a period', () => {
  const part = (answers: Record<string, string>) => async (cursor: string | undefined) =>
    (async function* () {
      yield new TextEncoder().encode(answers[cursor ?? ''] ?? HEADER)
    })()

  it('are read over all parts, newest first', async () => {
    const first = HEADER + line('deposit', 'payer', 'escrow', 1, '2026-11-20T00:00:00.000Z', 1)
    const second = HEADER + line('claim', 'earned', 'claimed', 1, '2026-11-21T00:00:00.000Z', 2)
    const { items, whole } = await readMovements(part({ '': first, c1: second }), 10)
    expect([items.map(({ kind }) => kind), whole]).toEqual([['claim', 'deposit'], true])
  })

  it('says when there are more than are read', async () => {
    const many = HEADER + line('claim', 'a', 'b', 1, undefined, 1) + line('claim', 'a', 'b', 1, undefined, 2)
    expect(await readMovements(part({ '': many }), 1)).toMatchObject({ whole: false, items: [{ seq: '1' }] })
  })
})
