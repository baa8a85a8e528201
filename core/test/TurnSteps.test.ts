/** Turns call by call: what each verdict does, without, with and after a turn. `Turn.test.ts` plays whole clients. */
import * as Turn from '@pbstream/core/Turn'
import { describe, expect, test } from 'vitest'

type Asked = Turn.Call & { readonly verdict: Turn.Verdict; readonly says?: Partial<Turn.Judgement> }
type Did = [name: string, action: Turn.Action, holder: string | undefined, asked: bigint | undefined]

const NOW = 1_000

function call(name: string, verdict: Turn.Verdict, more: Partial<Asked> = {}): Asked {
  return { name, anonymous: false, max: 7n, verdict, ...more }
}

/** Judges as the call says, and writes down what becomes of it. */
function port(): { did: Did[]; port: Turn.Port<Asked> } {
  const did: Did[] = []
  const askedOf = new Map<string, bigint | undefined>()
  return {
    did,
    port: {
      judge: ({ name, verdict, says }, asked) => {
        askedOf.set(name, asked)
        return { verdict, asked: 42n, isPublic: false, corrected: false, ...says }
      },
      act: ({ name }, action, _, holder) => did.push([name, action, holder?.name, askedOf.get(name)]),
    },
  }
}

const holder = (kind: Turn.Holder['kind'], more: Partial<Turn.Holder> = {}): Turn.Holder => {
  return { name: 'a', kind, asked: 9n, until: NOW + 10, ...more }
}
const held = (kind: Turn.Holder['kind'], parked: Asked[] = []): Turn.Turn<Asked> => ({ holder: holder(kind), parked })

function offered(turn: Turn.Turn<Asked>, asked: Asked) {
  const { did, port: to } = port()
  return { after: Turn.offer(turn, asked, NOW, to), did }
}

describe('without a turn', () => {
  test.each<[Turn.Verdict, Turn.Action]>([
    ['right', 'serve'],
    ['reread', 'observe'],
    ['final', 'answer'],
  ])('%s: %s, and none begins', (verdict, action) => {
    const { after, did } = offered(Turn.idle, call('a', verdict))
    expect(did).toEqual([['a', action, undefined, undefined]])
    expect(after).toBe(Turn.idle)
  })

  test('a channel that was never looked at is looked at, and those behind wait for that', () => {
    const { after, did } = offered(Turn.idle, call('a', 'unknown'))
    expect(did).toEqual([['a', 'observe', undefined, undefined]])
    expect(after.holder).toStrictEqual({ name: 'a', kind: 'observation', asked: 0n, until: NOW + Turn.TURN_MS })
  })

  test('a deposit is wanted, under its id, for as long as it may take', () => {
    const { after, did } = offered(Turn.idle, call('a', 'deposit', { depositId: 'd1' }))
    expect(did).toEqual([['a', 'deposit', undefined, undefined]])
    const of = { name: 'a', kind: 'deposit', asked: 7n, until: NOW + Turn.DEPOSIT_MS, depositId: 'd1' }
    expect(after.holder).toStrictEqual(of)
  })

  test('a deposit of a call without an id has none', () => {
    const { after } = offered(Turn.idle, call('a', 'deposit'))
    expect(after.holder).not.toHaveProperty('depositId')
  })

  test('a deposit with a public voucher takes no turn', () => {
    expect(offered(Turn.idle, call('a', 'deposit', { says: { isPublic: true } })).after).toBe(Turn.idle)
  })

  test('a stale voucher is corrected, and its caller is next', () => {
    const { after, did } = offered(Turn.idle, call('a', 'stale', { depositId: 'd1' }))
    expect(did).toEqual([['a', 'correct', undefined, undefined]])
    expect(after.holder).toStrictEqual({ name: 'a', kind: 'correction', asked: 42n, until: NOW + Turn.TURN_MS })
  })

  test.each<[string, Partial<Asked>]>([
    ['whoever has no name', { anonymous: true }],
    ['a public voucher', { says: { isPublic: true } }],
    ['who was corrected before', { says: { corrected: true } }],
  ])('%s is corrected and takes no turn', (_, more) => {
    const { after, did } = offered(Turn.idle, call('a', 'stale', more))
    expect(did).toEqual([['a', 'correct', undefined, undefined]])
    expect(after).toBe(Turn.idle)
  })
})

describe('with the turn', () => {
  test('its holder is judged by what it was asked for; served, it makes room for all who wait', () => {
    const { after, did } = offered(held('correction', [call('b', 'right'), call('c', 'final')]), call('a', 'right'))
    expect(did).toEqual([
      ['a', 'serve', 'a', 9n],
      ['b', 'serve', undefined, undefined],
      ['c', 'answer', undefined, undefined],
    ])
    expect(after).toEqual({ holder: undefined, parked: [] })
  })

  test.each<[Turn.Holder['kind'], Turn.Verdict, Turn.Action, boolean]>([
    ['deposit', 'deposit', 'join', true],
    ['correction', 'reread', 'observe', true],
    ['observation', 'unknown', 'observe', true],
    ['correction', 'final', 'answer', false],
    ['correction', 'stale', 'correct', false],
  ])('for a %s that is %s: %s, and it is %s that the turn stays as it was', (kind, verdict, action, stays) => {
    const before = held(kind)
    const { after, did } = offered(before, call('a', verdict))
    expect(did).toEqual([['a', action, 'a', 9n]])
    expect(after).toEqual(stays ? before : { holder: undefined, parked: [] })
  })

  test('its holder may bring a deposit after a correction', () => {
    const { after, did } = offered(held('correction'), call('a', 'deposit', { depositId: 'd2' }))
    expect(did).toEqual([['a', 'deposit', 'a', 9n]])
    expect(after.holder).toMatchObject({ kind: 'deposit', depositId: 'd2', asked: 7n })
  })

  test.each<Turn.Verdict>(['right', 'stale', 'deposit', 'reread', 'unknown'])(
    'another call that is %s waits',
    (verdict) => {
      const { after, did } = offered(held('correction'), call('b', verdict))
      expect(did).toEqual([])
      expect(after.parked.map(({ name }) => name)).toEqual(['b'])
    },
  )

  test('what depends on no turn is answered, and a public or nameless voucher corrected, at once', () => {
    const before = held('correction')
    const final = offered(before, call('b', 'final'))
    const open = offered(before, call('b', 'right', { says: { isPublic: true } }))
    const nameless = offered(before, call('b', 'stale', { anonymous: true }))
    expect([final, open, nameless].map(({ did }) => did[0]?.[1])).toEqual(['answer', 'correct', 'correct'])
    for (const { after } of [final, open, nameless]) expect(after).toBe(before)
  })

  test('so many wait, and no more', () => {
    const parked = Array.from({ length: Turn.PARKED_MAX - 1 }, (_, i) => call(`p${i}`, 'right'))
    const full = offered(held('correction', parked), call('b', 'right')).after
    expect(full.parked).toHaveLength(Turn.PARKED_MAX)
    const { after, did } = offered(full, call('c', 'right'))
    expect(did).toEqual([['c', 'busy', undefined, undefined]])
    expect(after).toBe(full)
  })
})

describe('time', () => {
  test('a mined deposit gives its holder the usual time; without a holder nothing changes', () => {
    expect(Turn.mined(held('deposit'), NOW).holder).toEqual(holder('deposit', { until: NOW + Turn.TURN_MS }))
    expect(Turn.mined(Turn.idle, NOW)).toBe(Turn.idle)
  })

  test('a turn that is ended decides those who wait, in order', () => {
    const { did, port: to } = port()
    const after = Turn.end(held('observation', [call('b', 'stale'), call('c', 'right')]), NOW, to)
    expect(did).toEqual([['b', 'correct', undefined, undefined]])
    expect([after.holder?.name, after.parked.map(({ name }) => name)]).toEqual(['b', ['c']])
  })

  test('a turn lapses at its time, not before', () => {
    const { did, port: to } = port()
    const before = held('correction', [call('b', 'right')])
    expect(Turn.lapse(before, NOW + 9, to)).toBe(before)
    expect(Turn.lapse(Turn.idle, NOW, to)).toBe(Turn.idle)
    expect(Turn.lapse(before, NOW + 10, to)).toEqual({ holder: undefined, parked: [] })
    expect(did).toEqual([['b', 'serve', undefined, undefined]])
  })

  test('after a lapse the stale are corrected without a turn, and a look is waited for by nobody', () => {
    const { did, port: to } = port()
    const parked = [call('b', 'stale'), call('c', 'unknown')]
    expect(Turn.lapse(held('correction', parked), NOW + 10, to)).toEqual({ holder: undefined, parked: [] })
    expect(did.map(([, action]) => action)).toEqual(['correct', 'observe'])
  })

  test('after a deposit that took too long the next who brings one is sent away; after another turn it is wanted', () => {
    const parked = [call('b', 'deposit', { depositId: 'd3' })]
    const [late, other] = [port(), port()]
    expect(Turn.lapse(held('deposit', parked), NOW + 10, late.port).holder).toBeUndefined()
    expect(late.did.map(([, action]) => action)).toEqual(['busy'])
    expect(Turn.lapse(held('correction', parked), NOW + 10, other.port).holder?.kind).toBe('deposit')
    expect(other.did.map(([, action]) => action)).toEqual(['deposit'])
  })
})
