import { describe, expect, it } from 'vitest'
import { SCOPES, stateOf } from '../src/pages/apikeys/ApiKey.ts'
import { scopeText } from '../src/pages/apikeys/words.ts'
import { closing } from '../src/pages/settings/Closing.ts'

const at = '2026-11-23T10:00:00.000Z'
const now = Date.parse(at)

describe('the state of an API key', () => {
  it.each([
    ['active', { revokedAt: null, expiresAt: null }, now],
    ['active', { revokedAt: null, expiresAt: at }, now - 1],
    ['expired', { revokedAt: null, expiresAt: at }, now],
    ['revoked', { revokedAt: at, expiresAt: at }, now + 1],
  ] as const)('%s', (state, key, when) => {
    expect(stateOf(key, when)).toBe(state)
  })
})

it.each(SCOPES)('%s is explained', (scope) => {
  expect(scopeText(scope)).toBeDefined()
})

describe('what a change of terms closes', () => {
  it('names channels and money', () => {
    const said = closing({ channels: 2, toPay: '1500000', toReturn: '250000', whole: true })
    expect(said).toMatch(/2 channels: 1\.50 USDC .* 0\.25 USDC/)
  })

  it.each([null, { channels: 0, toPay: '0', toReturn: '0', whole: true }])('%j closes nothing', (drain) => {
    expect(closing(drain)).toMatch(/No channel is open/)
  })

  it('says when there are more than were counted', () => {
    expect(closing({ channels: 5000, toPay: '0', toReturn: '0', whole: false })).toMatch(/more channels/)
  })
})
