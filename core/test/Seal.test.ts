import { describe, expect, it } from 'vitest'
import * as Seal from '@pbstream/core/Seal'

describe('Seal', () => {
  const where = {
    secret: 'a secret of at least thirty-two bytes',
    purpose: Seal.UPSTREAM_CREDENTIAL,
    place: 'Authorization',
  }

  it('opens with its secret, for its purpose and place, unchanged; and for nothing else', async () => {
    const sealed = await Seal.seal(crypto, where, 'Bearer x')
    const open = (over: Partial<Seal.Place>, text = sealed) => Seal.open(crypto, { ...where, ...over }, text)
    expect(await open({})).toBe('Bearer x')
    expect(await open({ place: 'authorization' })).toBe('Bearer x')
    expect(await open({ secret: `${where.secret}.` })).toBeUndefined()
    expect(await open({ purpose: 'another' })).toBeUndefined()
    expect(await open({ place: 'x-api-key' })).toBeUndefined()
    expect(await open({}, `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined()
    expect(await open({}, 'no')).toBeUndefined()
  })

  it('never gives the same twice, and wants a secret that cannot be guessed', async () => {
    expect(await Seal.seal(crypto, where, 'x')).not.toBe(await Seal.seal(crypto, where, 'x'))
    await expect(Seal.seal(crypto, { ...where, secret: 'short' }, 'b')).rejects.toThrow('32 bytes')
  })

  it('opens what earlier releases sealed', async () => {
    const sealed = '0ZeWKeZ0rUX0mBbke0X3dq40ofuN3nYa1gaDgvXy4aB7nmNf'
    expect(await Seal.open(crypto, where, sealed)).toBe('Bearer x')
  })
})
