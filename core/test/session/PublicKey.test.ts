import { fromBytes, type Hex } from '@pbstream/core/Hex'
import { isUsable } from '@pbstream/core/session/PublicKey'
import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { ED25519 } from '../support/session.ts'

describe('a public key of a session', () => {
  it('is any that Ed25519 makes', () => {
    expect(isUsable(ED25519.publicKey)).toBe(true)
    for (let round = 1; round < 20; round++) {
      expect(isUsable(fromBytes(ed25519.getPublicKey(new Uint8Array(32).fill(round))))).toBe(true)
    }
  })

  it.each([
    ['the neutral element', `0x01${'00'.repeat(31)}`],
    ['of order 2', `0xec${'ff'.repeat(30)}7f`],
    ['of order 4', `0x${'00'.repeat(32)}`],
    ['of order 4, mirrored', `0x${'00'.repeat(31)}80`],
    ['of order 8', '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['of order 8, mirrored', '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['of order 8, the other one', '0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['the neutral element with a sign', `0x01${'00'.repeat(30)}80`],
    ['y of p', `0xed${'ff'.repeat(30)}7f`],
    ['y of p + 1', `0xee${'ff'.repeat(30)}7f`],
    ['the largest y', `0x${'ff'.repeat(32)}`],
    ['no point', `0x02${'00'.repeat(31)}`],
    ['too short', '0x01'],
    ['no hex', 'x'],
  ])('is not one that is %s', (_, publicKey) => {
    expect(isUsable(publicKey as Hex)).toBe(false)
  })
})
