import { randomBytes } from 'node:crypto'
import type { Hex } from '@pbstream/core/Hex'
import { createPayer, type Payer, type PayerOptions } from '../../src/client.ts'
import { fromKey } from '../../src/client/Wallet.ts'
import type { FakeGateway } from './FakeGateway.ts'

export function randomKey(): Hex {
  return `0x${randomBytes(32).toString('hex')}`
}

/** A payer at a gateway in memory, with a wallet that counts what it signs. */
export function payerAt(
  gateway: Pick<FakeGateway, 'fetch'>,
  options: Partial<PayerOptions> = {},
): { pay: Payer; signatures: string[] } {
  const signatures: string[] = []
  const wallet = fromKey(randomKey())
  const signer = {
    address: wallet.address,
    async signTypedData({
      primaryType,
      domain,
      message,
    }: Parameters<NonNullable<PayerOptions['signer']>['signTypedData']>[0]) {
      signatures.push(primaryType)
      const { name, version, chainId, verifyingContract } = domain as Record<string, string>
      const token = {
        chainId: Number(chainId),
        token: verifyingContract as Hex,
        tokenName: name ?? '',
        tokenVersion: version ?? '',
      }
      return wallet.authorize(
        primaryType as 'ReceiveWithAuthorization',
        token,
        message as Parameters<typeof wallet.authorize>[2],
      )
    },
  }
  const { key, ...rest } = options
  const who = key === undefined ? { signer } : { key }
  return { pay: createPayer({ ...who, fetch: gateway.fetch, ...rest }), signatures }
}
