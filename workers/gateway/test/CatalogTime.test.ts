/** Cards with a time and signals in an isolate: in force at their instant, without a question to the database. */
import type * as Rate from '@pbstream/core/Rate'
import { describe, expect, it } from 'vitest'
import { route, world } from './support/world.ts'

const PATH = '/v1/weather'
const flat = (amount: string) => ({ v: 1, kind: 'flat', amount }) as const
const signalled: Rate.Card = {
  ...({ v: 2, kind: 'card', formula: 'base + signal.load', maximum: '9000' } as const),
  components: [{ unit: 'request', price: { model: 'per_unit', amount: '1000' } }],
  signals: { load: { oracle: 'orc_1', min: '0', max: '50', fallback: '5' } },
}
const said = (version: number, value: string, staleAt: number, fallback: string | null = null) => ({
  version,
  values: { orc_1: { value, at: 0, staleAt, fallback } },
})

type World = Awaited<ReturnType<typeof world>>

/** What a call costs now, or the status with which it is refused. */
async function price(at: World): Promise<string | number | undefined> {
  const response = await at.send(PATH)
  const header = response.headers.get('payment-required')
  if (header === null) return response.status
  return (JSON.parse(atob(header)) as { accepts: { amount: string }[] }).accepts[0]?.amount
}

async function at(over: Parameters<typeof route>[0]) {
  const made = await world()
  made.state.routes = [route(over)]
  made.state.version++
  return made
}

describe('a card with a time', () => {
  it('is in force from its instant on, though the database is not asked', async () => {
    const made = await at({})
    const instant = made.state.now + 1_500
    const coming = [
      { version: 4, rule: flat('2000'), effectiveAt: instant },
      { version: 5, rule: flat('3000'), effectiveAt: instant + 300 },
    ]
    made.state.routes = [route({ coming })]
    expect(await price(made)).toBe('1000')
    made.sources.load = () => Promise.reject(new Error('nobody asks'))
    made.state.now = instant - 1
    expect(await price(made)).toBe('1000')
    made.state.now = instant
    expect(await price(made)).toBe('2000')
    made.state.now = instant + 300
    expect(await price(made)).toBe('3000')
  })

  it('has come already in a catalog that is read late', async () => {
    const made = await at({})
    made.state.routes = [route({ coming: [{ version: 4, rule: flat('2000'), effectiveAt: made.state.now }] })]
    expect(await price(made)).toBe('2000')
  })

  it('switches its route off when this release cannot read it: it is not free', async () => {
    const made = await at({})
    made.state.routes = [route({ coming: [{ version: 4, rule: null, effectiveAt: made.state.now }] })]
    expect(await price(made)).toBe(404)
  })
})

describe('a signal', () => {
  it('moves the price with the next check, and falls back at the instant at which it is too old', async () => {
    const made = await at({ rate: { version: 3, rule: signalled } })
    expect(await price(made)).toBe('1005')
    made.state.signals = said(1, '40', made.state.now + 3_500)
    made.state.now += 2_000
    await price(made)
    expect(await price(made)).toBe('1040')
    made.sources.load = () => Promise.reject(new Error('nobody asks'))
    made.state.now += 1_499
    expect(await price(made)).toBe('1040')
    made.state.now += 1
    expect(await price(made)).toBe('1005')
  })

  it('of an older version than is known is not believed, nor one beyond the card’s bounds', async () => {
    const made = await at({ rate: { version: 3, rule: signalled } })
    made.state.signals = said(7, '40', Infinity)
    expect(await price(made)).toBe('1040')
    made.sources.load = () => Promise.resolve({ signals: said(6, '1', Infinity) })
    made.state.now += 11_000
    expect(await price(made)).toBe('1040')
    made.sources.load = () => Promise.resolve({ signals: said(8, '999', Infinity) })
    made.state.now += 11_000
    expect(await price(made)).toBe('1050')
  })
})
