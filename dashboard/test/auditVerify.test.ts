import { describe, expect, it } from 'vitest'
import { type Ask, parseHead, printHead, type Verdict, verify } from '../src/pages/audit/Verify.ts'

const hash = 'a'.repeat(64)
const part = (over: Partial<Verdict>): Verdict => {
  return { ok: true, checked: 10, head: { seq: 10, hash }, flaws: [], nextAfter: null, ...over }
}

/** Answers one after another, and what was asked. */
function server(...parts: Verdict[]): { ask: Ask; asked: object[] } {
  const asked: object[] = []
  const ask: Ask = (query) => {
    asked.push(query)
    const next = parts[asked.length - 1]
    return next === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(next)
  }
  return { ask, asked }
}

describe('verifying the whole chain', () => {
  it('goes on to the end and holds a kept head against it once', async () => {
    const { ask, asked } = server(part({ nextAfter: 10 }), part({ checked: 3, head: { seq: 13, hash } }))
    const found = await verify(ask, { seq: 2, hash }, () => {})
    expect(found).toEqual({ ok: true, checked: 13, head: { seq: 13, hash }, flaws: [] })
    expect(asked).toEqual([{ keptSeq: 2, keptHash: hash }, { after: 10 }])
  })

  it('says how far it is', async () => {
    const told: number[] = []
    await verify(server(part({ nextAfter: 10 }), part({})).ask, undefined, (n) => told.push(n))
    expect(told).toEqual([10, 20])
  })

  it('a fault of any part is a fault, named once', async () => {
    const flaws = [{ seq: 4, what: 'head_lost' as const }]
    const { ask } = server(part({ ok: false, flaws, nextAfter: 10 }), part({ ok: false, flaws }))
    expect(await verify(ask, undefined, () => {})).toMatchObject({ ok: false, flaws })
  })
})

describe('a head that was kept', () => {
  const head = { seq: 12, hash }

  it('is read from its file', () => {
    const of = { owner: '84532:0xabc', mode: 'live', at: '2026-11-23T10:00:00.000Z' }
    expect(parseHead(printHead(head, of))).toEqual(head)
  })

  it('is read from number and hash', () => {
    expect(parseHead(`12 ${hash.toUpperCase()}`)).toEqual(head)
  })

  it.each(['', '12', hash, `12 ${hash}f`, `12 ${hash.slice(1)}`, 'x 12'])('%j is none', (text) => {
    expect(parseHead(text)).toBeUndefined()
  })
})
