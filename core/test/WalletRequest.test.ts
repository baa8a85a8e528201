import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as Eip712 from '@pbstream/core/Eip712'
import { fromBytes } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import fc from 'fast-check'
import { hashTypedData, type TypedDataDefinition } from 'viem'
import { describe, expect, test } from 'vitest'
import { address, bytes32, chainId, permission, uint128, uint256, uint32, uint40 } from './support/arbitrary.ts'
import * as shared from './support/escrow.ts'
import { CHAIN_ID } from './support/payment.ts'

/** What a wallet hashes: the request as it arrives, in JSON. */
function walletHash(request: WalletRequest.TypedData) {
  return hashTypedData(JSON.parse(JSON.stringify(request)) as TypedDataDefinition)
}

/** For any escrow and message, the hash of the request is the digest that our own code computes. */
function agrees<N extends WalletRequest.Signed>(
  primaryType: N,
  message: fc.Arbitrary<WalletRequest.Message<N>>,
  digest: (separator: Eip712.Hash, message: WalletRequest.Message<N>) => Eip712.Hash,
) {
  fc.assert(
    fc.property(chainId, address, message, (chain, contract, form) => {
      const request = WalletRequest.typedData(Voucher.escrowDomain(chain, contract), primaryType, form)
      expect(fromBytes(digest(Voucher.escrowDomainSeparator(chain, contract), form))).toBe(walletHash(request))
    }),
  )
}

describe('a wallet hashes each request to the digest that the contract expects', () => {
  const change = fc.record({ keyId: bytes32, version: uint32, deadline: uint40 })
  const rotation = fc.record({
    oldKeyId: bytes32,
    newPermission: permission,
    maxUsage: uint128,
    version: uint32,
    deadline: uint40,
  })
  const claims = fc.array(fc.record({ channelId: bytes32, maxClaimableAmount: uint128, totalClaimed: uint128 }))

  test('RegisterKey', () =>
    agrees('RegisterKey', fc.record({ permission, deadline: uint40 }), SessionKey.registerDigest))
  test('FreezeKey', () => agrees('FreezeKey', change, SessionKey.freezeDigest))
  test('UnfreezeKey', () => agrees('UnfreezeKey', change, SessionKey.unfreezeDigest))
  test('RevokeKey', () => agrees('RevokeKey', change, SessionKey.revokeDigest))
  test('RotateKey', () => agrees('RotateKey', rotation, SessionKey.rotateDigest))
  test('CancelWithdraw', () =>
    agrees('CancelWithdraw', fc.record({ channelId: bytes32, initiatedAt: uint40 }), Voucher.cancelWithdrawDigest))
  test('Refund', () =>
    agrees('Refund', fc.record({ channelId: bytes32, nonce: uint256, amount: uint128 }), Voucher.refundDigest))
  test('Voucher', () =>
    agrees('Voucher', fc.record({ channelId: bytes32, maxClaimableAmount: uint128 }), (separator, message) =>
      Voucher.digest(separator, message.channelId, message.maxClaimableAmount),
    ))
  test('ClaimBatch', () =>
    agrees('ClaimBatch', fc.record({ claims }), (separator, message) => {
      const entries = message.claims.map((claim) => ({
        channelId: claim.channelId,
        max: claim.maxClaimableAmount,
        total: claim.totalClaimed,
      }))
      return Voucher.claimBatchDigest(separator, entries)
    }))
})

describe('the request', () => {
  const domain = Voucher.escrowDomain(CHAIN_ID, shared.CONTRACT)

  test('names only the types that it uses', () => {
    const change = { keyId: shared.keyId, version: 1, deadline: 1 }
    expect(Object.keys(WalletRequest.typedData(domain, 'FreezeKey', change).types)).toEqual([
      'EIP712Domain',
      'FreezeKey',
    ])
    const register = WalletRequest.typedData(domain, 'RegisterKey', { permission: shared.permission, deadline: 1 })
    expect(Object.keys(register.types)).toEqual(['EIP712Domain', 'RegisterKey', 'SessionKeyPermission'])
  })

  test('leaves out what the type does not have', () => {
    const change = { keyId: shared.keyId, version: 1, deadline: 1, note: 'not signed' }
    const { message } = WalletRequest.typedData(domain, 'FreezeKey', change)
    expect(message).toEqual({ keyId: shared.keyId, version: '1', deadline: '1' })
  })

  describe('is the one in docs/session-keys.md', () => {
    const form = { permission: shared.permission, deadline: shared.permission.start + 3600 }
    const request = WalletRequest.typedData(domain, 'RegisterKey', form)
    const values = [request.domain, request.message, request.message['permission']].flatMap((part) =>
      Object.entries(part as object).flatMap(([name, value]) => [name, ...(typeof value === 'object' ? [] : [value])]),
    )

    test('as JSON', () => {
      const shown: unknown = JSON.parse(/```json\n([^]*?)```/.exec(page('session-keys.md'))?.[1] ?? '')
      expect(request).toEqual(shown)
    })

    test.each(['session-keys.md', 'images/register-key-request.svg'])('as a person sees it, in %s', (file) => {
      const text = file.endsWith('.md') ? (/```text\n([^]*?)```/.exec(page(file))?.[1] ?? '') : page(file)
      expect(values.filter((value) => !text.includes(String(value)))).toEqual([])
      expect(text).toContain(shared.RECEIVER)
    })
  })
})

function page(file: string) {
  return readFileSync(join(import.meta.dirname, '../../docs', file), 'utf8')
}
