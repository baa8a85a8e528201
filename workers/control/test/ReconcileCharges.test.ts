/** What is found wrong with the rows of a journal, and what of them is added up. */
import { describe, expect, test } from 'vitest'
import { walk } from '../src/ReconcileCharges.ts'
import { hex } from './support.ts'

const [a, b] = [hex('0a', 32), hex('0b', 32)]
const charge = (seq: number, amount: number, cumulative: number | null, channelId = a) => ({
  seq,
  channelId,
  amount: String(amount),
  cumulative: cumulative === null ? null : String(cumulative),
})
type Rows = Partial<Parameters<typeof walk>[0]>
const walked = (rows: Rows) =>
  walk({ from: 0, last: 5, totals: new Map(), charges: [], movements: [], limit: 100, ...rows })

/** A deposit, three charges on `a`, one on `b`. */
const whole = {
  charges: [charge(2, 10, 110), charge(3, 0, 110), charge(4, 7, 7, b), charge(5, 5, 115)],
  movements: [{ seq: 1, channelId: a }],
}
const without = (seq: number) => ({ ...whole, charges: whole.charges.filter((row) => row.seq !== seq) })

test('a whole journal is added up, channel by channel, from what a channel began with', () => {
  const { seq, added, flaws, whole: all, tail } = walked(whole)
  expect([seq, all, tail, flaws.size]).toEqual([5, true, '', 0])
  expect(added).toEqual(
    new Map([
      [a, { seq: 5, total: 115n }],
      [b, { seq: 4, total: 7n }],
    ]),
  )
})

describe('a row that is not there', () => {
  test('is a number that no row has, and what it was worth shows in its channel', () => {
    const { seq, added, flaws } = walked({ ...without(2), totals: new Map([[a, { seq: 0, total: 100n }]]) })
    expect([seq, added.size]).toEqual([1, 0])
    expect([...flaws]).toMatchObject([[a, { missing: '2', twice: '', recorded: 100n, spent: 110n }]])
  })
  test('and was the first of its channel is told of the next row', () => {
    expect([...walked(without(4)).flaws]).toMatchObject([[a, { missing: '4' }]])
  })
  test('at the end is known by the number of the last', () => {
    const { flaws, tail, seq } = walked(without(5))
    expect([flaws.size, tail, seq]).toEqual([0, '5', 4])
  })
  test('leaves the mark alone when others are missing later', () => {
    const marks = [whole.charges, without(4).charges].map((charges) => {
      const more = walked({
        charges: charges.slice(1),
        movements: whole.movements,
        totals: new Map([[a, { seq: 0, total: 100n }]]),
      })
      return more.flaws.get(a)
    })
    expect([marks[0]?.missing, marks[1]?.missing]).toEqual(['2', '2,4'])
    expect(marks[0]?.mark).toBe(marks[1]?.mark)
  })
  test('is one range with its neighbours, and of many ranges ten are named', () => {
    const charges = Array.from({ length: 30 }, (_, i) => charge(3 + 3 * i, 1, null))
    expect(walked({ charges, last: 90 }).flaws.get(a)?.missing).toBe(
      '1-2,4-5,7-8,10-11,13-14,16-17,19-20,22-23,25-26,28-29 and more',
    )
  })
})

describe('a row that is there', () => {
  test('twice under one number is neither', () => {
    const { flaws, seq } = walked({ ...whole, movements: [...whole.movements, { seq: 4, channelId: b }] })
    expect([seq, [...flaws]]).toMatchObject([3, [[b, { missing: '', twice: '4' }]]])
  })
  test('under the number of another in its place breaks the sum', () => {
    const charges = [...without(5).charges, charge(5, 10, 110)]
    expect([...walked({ ...whole, charges }).flaws]).toMatchObject([[a, { missing: '', recorded: 120n, spent: 110n }]])
  })
  test('with another amount breaks the sum', () => {
    const charges = [...without(5).charges, charge(5, 6, 115)]
    const { flaws, seq } = walked({ ...whole, charges })
    expect([seq, [...flaws]]).toMatchObject([4, [[a, { missing: '', twice: '', recorded: 116n, spent: 115n }]]])
  })
  test('from before rows said what their channel had spent is counted by its amount', () => {
    const charges = [charge(2, 10, 10), charge(3, 5, null), charge(4, 5, 20)]
    expect(walked({ charges, movements: whole.movements, last: 4 })).toMatchObject({ seq: 4, flaws: new Map() })
  })
})

describe('part of a journal', () => {
  test('ends where the shorter of both kinds does, and what is behind is read later', () => {
    const charges = [charge(2, 10, 10), charge(3, 5, 15)]
    const movements = [1, 6].map((seq) => ({ seq, channelId: a }))
    const first = walked({ charges, movements, limit: 2, last: 9 })
    expect([first.seq, first.whole, first.flaws.size, first.tail]).toEqual([3, false, 0, ''])
  })
  test('that another run has added up meanwhile is not added twice', () => {
    const totals = new Map([[a, { seq: 3, total: 110n }]])
    const { seq, added, flaws } = walked({ ...whole, totals })
    expect([seq, flaws.size, added.get(a)]).toEqual([5, 0, { seq: 5, total: 115n }])
  })
})
