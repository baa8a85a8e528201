import { describe, expect, it } from 'vitest'
import { begin, changesOf, differences, raises } from '../src/pages/keys/Edit.ts'
import type { Key } from '../src/pages/keys/Key.ts'

const NOW = 1_800_000_000
const PAYEE = `0x${'ca'.repeat(20)}`
const OTHER = `0x${'cb'.repeat(20)}`
const key: Key = {
  ...{ id: 'sk_1', mode: 'test', name: 'agent', chainId: 84532, contract: 'canonical', contractAddress: '0x' },
  ...{ account: '0x', key: '0x', token: '0x', status: 'active', version: 3, payees: [PAYEE, OTHER], routes: null },
  ...{ spendCap: '50000000', periodAmount: '5000000', periodDuration: 86_400, perPaymentMax: '100000' },
  ...{ start: NOW - 100, expiry: NOW + 864_017, keyId: null, registration: 'none', freezer: '0x', salt: '0x' },
  ...{ madeBy: 'client', replaces: null, replacedBy: null, graceUntil: null, createdAt: '', updatedAt: '' },
}
const draft = begin(key, NOW)

describe('what an edit changes', () => {
  it('is nothing at first, though the input of the end has no seconds', () => {
    const expiry = { at: Math.floor(key.expiry / 60) * 60_000 }
    expect(changesOf(key, { ...draft, expiry }, NOW)).toBeUndefined()
  })

  it('is only what was changed', () => {
    expect(changesOf(key, { ...draft, spendCap: 40_000_000n }, NOW)).toEqual({ spendCap: '40000000' })
  })

  it('is not the order of payees', () => {
    expect(changesOf(key, { ...draft, payees: `${OTHER} ${PAYEE}` }, NOW)).toBeUndefined()
  })

  it('is both members of a period that is taken out', () => {
    expect(changesOf(key, { ...draft, periodDuration: 0 }, NOW)).toEqual({ periodDuration: 0, periodAmount: '0' })
  })
})

describe('what needs the wallet', () => {
  it.each([
    ['a lower total', { spendCap: '1' }, []],
    ['a higher total', { spendCap: '50000001' }, ['spendCap']],
    ['a payee less', { payees: [PAYEE] }, []],
    ['another payee', { payees: [`0x${'cc'.repeat(20)}`] }, ['payees']],
    ['no limit for one payment', { perPaymentMax: '0' }, ['perPaymentMax']],
    ['no period', { periodDuration: 0, periodAmount: '0' }, ['periodDuration']],
    ['a later end', { expiry: NOW + 900_000 }, ['expiry']],
    ['another name', { name: 'x' }, []],
  ])('%s', (_, body, fields) => {
    expect(raises(key, body)).toEqual(fields)
  })
})

it('says what somebody else changed, and what of it this form changes too', () => {
  const theirs = { ...key, spendCap: '30000000', name: 'their agent' }
  expect(differences(key, theirs, { spendCap: '20000000' })).toEqual([
    { field: 'name', was: 'agent', theirs: 'their agent' },
    { field: 'spendCap', was: '50.00 USDC', theirs: '30.00 USDC', mine: '20.00 USDC' },
  ])
})
