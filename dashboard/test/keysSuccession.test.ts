import { fromBytes } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import { hashTypedData, type TypedDataDefinition } from 'viem'
import { expect, it } from 'vitest'
import type { Detail, Key } from '../src/pages/keys/Key.ts'
import { succession } from '../src/pages/keys/Succession.ts'

const address = (byte: string) => `0x${byte.repeat(20)}` as const
const NOW = 1_800_000_000
const permission = {
  ...{ account: address('a1'), key: address('b2'), token: address('e5'), payees: [address('ca')] },
  ...{ spendCap: '40', periodAmount: '5', periodDuration: 86_400, perPaymentMax: '1' },
  ...{ start: NOW, expiry: NOW + 86_400, freezer: address('f2'), salt: `0x${'0f'.repeat(32)}` },
} as const

it('asks for exactly what the contract will check', () => {
  const next = { ...permission, chainId: 84532, contractAddress: address('5c') } as unknown as Key
  const oldKeyId = `0x${'5a'.repeat(32)}` as const
  const old = { keyId: oldKeyId, spendCap: '50', onChain: { version: 3 } } as unknown as Detail
  const separator = Voucher.escrowDomainSeparator(84532, address('5c'))
  const digest = SessionKey.rotateDigest(separator, {
    ...{ oldKeyId, newPermission: SessionKey.parse(permission), maxUsage: 50n, version: 3 },
    deadline: NOW + 3_600,
  })
  const typed = succession(next, old, NOW * 1_000)
  expect(hashTypedData(typed as unknown as TypedDataDefinition)).toBe(fromBytes(digest))
})
