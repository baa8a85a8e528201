import { hashTypedData, type TypedDataDefinition } from 'viem'
import { createSiweMessage, parseSiweMessage, type SiweMessage } from 'viem/siwe'
import { expect, test } from 'vitest'
import { signInMessage, STATEMENT } from '../src/SignInMessage.ts'
import { prepareTypedData } from '../src/TypedData.ts'

const data = {
  domain: { name: 'PB-Stream', version: '1', chainId: 8453 },
  types: { Hello: [{ name: 'nonce', type: 'uint256' }] },
  primaryType: 'Hello',
  message: { nonce: '7' },
}

test('typed data gets the type of its domain, and keeps its hash', () => {
  const { text, chainId } = prepareTypedData(data)
  const parsed = JSON.parse(text) as typeof data & { types: Record<string, { name: string }[]> }
  expect(parsed.types['EIP712Domain']?.map(({ name }) => name)).toEqual(['name', 'version', 'chainId'])
  expect(chainId).toBe(8453)
  const hash = (typed: unknown) => hashTypedData(typed as TypedDataDefinition)
  expect(hash(parsed)).toBe(hash(data))
})

test('without a chain in the domain none is asked for; bigints become decimal strings', () => {
  const { text, chainId } = prepareTypedData({ ...data, domain: { name: 'x' }, message: { nonce: 10n ** 20n } })
  expect([chainId, text.includes('"nonce":"100000000000000000000"')]).toEqual([undefined, true])
})

test('the message of a sign-in is one of EIP-4361, with nothing beyond its fields', async () => {
  const issuedAt = new Date('2026-11-23T12:00:00.000Z')
  const address = '0xd8da6bf26964af9d7eed9e03e53415d37aa96045'
  const terms = {
    domain: 'pay.example',
    uri: 'https://pay.example',
    nonce: 'abcdef12',
    chainId: 8453,
    address,
    issuedAt,
  }
  const message = await signInMessage(terms)
  const fields = parseSiweMessage(message)
  // As control does: what the fields say is all that the text says.
  expect(createSiweMessage(fields as SiweMessage)).toBe(message)
  expect(fields).toEqual({
    ...terms,
    address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
    statement: STATEMENT,
    version: '1',
  })
})
