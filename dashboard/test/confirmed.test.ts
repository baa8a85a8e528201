import { describe, expect, test, vi } from 'vitest'
import { ApiProblem } from '../src/api/Problem.ts'
import { confirmedWith } from '../src/api/Confirmed.ts'

const NONCE = `0x${'ab'.repeat(32)}`
const typedData = {
  domain: {},
  types: {},
  primaryType: 'ConfirmChange',
  message: { nonce: NONCE, deadline: '1800000000' },
}
const asks = () => new ApiProblem(403, { code: 'signature_required', typedData })
type Headers = Record<string, string>

describe('a change that needs the wallet', () => {
  test('is made again with the signature and the same Idempotency-Key', async () => {
    const seen: Headers[] = []
    const change = (headers: Headers) => {
      seen.push(headers)
      return seen.length === 1 ? Promise.reject(asks()) : Promise.resolve('done')
    }
    const sign = vi.fn<(typed: unknown) => Promise<string>>(() => Promise.resolve('0x51'))
    expect(await confirmedWith(sign, change)).toBe('done')
    expect(sign).toHaveBeenCalledExactlyOnceWith(typedData)
    const [first, second] = seen
    expect(first).toEqual({ 'Idempotency-Key': expect.stringMatching(/^[\w-]{36}$/) })
    expect(second).toEqual({ ...first, 'PBStream-Confirmation': `1800000000:${NONCE}:0x51` })
  })

  test('that does not is made once, and the wallet is left alone', async () => {
    const sign = vi.fn(() => Promise.resolve('0x51'))
    const change = vi.fn<(headers: Headers) => Promise<number>>(() => Promise.resolve(7))
    expect(await confirmedWith(sign, change)).toBe(7)
    expect([sign.mock.calls.length, change.mock.calls.length]).toEqual([0, 1])
  })

  test('is not made again when the person declines, nor asked for twice', async () => {
    const change = vi.fn<(headers: Headers) => Promise<string>>(() => Promise.reject(asks()))
    await expect(confirmedWith(() => Promise.reject(new Error('declined')), change)).rejects.toThrow('declined')
    expect(change).toHaveBeenCalledTimes(1)
    await expect(confirmedWith(() => Promise.resolve('0x51'), change)).rejects.toMatchObject({
      code: 'signature_required',
    })
    expect(change).toHaveBeenCalledTimes(3)
  })

  test('other refusals are passed on as they are', async () => {
    const sign = vi.fn(() => Promise.resolve('0x51'))
    const refusal = new ApiProblem(409, { code: 'key_not_frozen' })
    await expect(confirmedWith(sign, () => Promise.reject(refusal))).rejects.toBe(refusal)
    expect(sign).not.toHaveBeenCalled()
  })

  test('typed data that cannot be read is not signed', async () => {
    const sign = vi.fn(() => Promise.resolve('0x51'))
    const odd = new ApiProblem(403, { code: 'signature_required', typedData: { message: {} } })
    await expect(confirmedWith(sign, () => Promise.reject(odd))).rejects.toBe(odd)
    expect(sign).not.toHaveBeenCalled()
  })
})
