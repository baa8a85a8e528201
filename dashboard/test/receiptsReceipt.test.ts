import { describe, expect, it } from 'vitest'
import { linesOf } from '../src/pages/receipts/Lines.ts'
import { claimsOf, mismatches, type PaymentDetail } from '../src/pages/receipts/Receipt.ts'
import { locale } from '../src/text.ts'

locale.value = 'en'

const payment: PaymentDetail = {
  ...{ id: 'pay_1', at: '2026-11-23T12:00:00.000Z', seq: 7, session: '84532:0xc:0xa:0xb', keyId: 'sk_1' },
  ...{ keyName: 'agent', chainId: 84532, contract: '0xc', kind: 'canonical', channel: '0xch', token: '0xt' },
  ...{ provider: 'prov_1', service: 'Weather', route: 'rt_1', path: '/weather', price: '2000', cumulative: '9000' },
  ...{ rateVersion: 4, requestId: null, status: 'claimed', transaction: null, network: 'eip155:84532' },
  ...{ payer: '0xa', key: '0xb', receiver: '0xr', reservationId: 'res_1', usage: { input_token: '12' } },
  ...{ claim: null, payout: null, receipt: null },
}
const claims = {
  ...{ jti: 'res_1', payer: '0xa', network: 'eip155:84532', route: 'rt_1', price: '2000', rate: 4, rev: 2, key: 3 },
  ...{ channel: '0xch', cumulative: '9000', digest: '0xd', iat: 1_800_000_000 },
} as unknown as NonNullable<ReturnType<typeof claimsOf>>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a receipt as text', () => {
  it('says its claims', () => {
    expect(claimsOf(`${encode({ alg: 'EdDSA' })}.${encode(claims)}.c2ln`)).toEqual(claims)
  })

  it.each(['', 'a.b', 'a.b.c.d', 'e30.!!.c2ln', `e30.${encode([1])}.c2ln`, 'e30.AA.c2ln'])('%j is none', (text) => {
    expect(claimsOf(text)).toBeUndefined()
  })
})

describe('a receipt beside its row', () => {
  it('says the same', () => {
    expect(mismatches(payment, claims)).toEqual([])
  })

  it('is told apart when its price is another one', () => {
    expect(mismatches(payment, { ...claims, price: '2001' })).toEqual(['price'])
  })

  it('may leave out the total of the channel, as under a lease', () => {
    const { cumulative: _, ...leased } = claims
    expect(mismatches(payment, leased)).toEqual([])
  })
})

describe('the lines', () => {
  it('each have a value and a meaning', () => {
    const lines = linesOf(payment, claims)
    expect(lines.filter(({ value, meaning }) => value === '' || meaning === '')).toEqual([])
  })

  it('have what only the receipt says', () => {
    const labels = linesOf(payment, claims).map(({ label }) => label)
    expect(labels).toEqual(expect.arrayContaining(['Route revision', 'Limits version', 'Request']))
  })

  it('leave out what is not known', () => {
    const labels = linesOf({ ...payment, rateVersion: null }, undefined).map(({ label }) => label)
    expect(labels).not.toContain('Rate version')
  })

  it('say that an allowance paid', () => {
    expect(linesOf({ ...payment, price: '0' }, undefined)[0]?.meaning).toContain('allowance')
  })
})
