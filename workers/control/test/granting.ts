/** What a site sends with the signature of its visitor's wallet, and the escrow as far as it is asked. */
import type { Hex } from '@pbstream/core/Hex'
import type { KeyChange, KeyOnChain } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts'
import type { Env } from '../src/Env.ts'
import { TEST_CHAIN } from './people.ts'
import { hex } from './support.ts'

export const escrow = hex('e5', 20)
export const freezer = hex('f2', 20)
export const domain = Voucher.escrowDomain(TEST_CHAIN, escrow)
/** Unix seconds: far away, and long gone. */
export const DEADLINE = 4_000_000_000
export const PAST = 1_700_000_000

type Relay = NonNullable<Env['KEY_RELAY']>

/** Takes whatever is relayed: whether a signature is good is not looked at here. `signer` answers for contracts. */
export function chainOf(signer?: 'contract') {
  const keys = new Map<string, KeyOnChain>()
  const relayed: KeyChange[] = []
  let isDown = false
  const relay = async (_v: 1, { change }: { change: KeyChange }) => {
    if (isDown) return { kind: 'refused', code: 'temporarily_unavailable' }
    relayed.push(change)
    if (change.kind === 'register') {
      const permission = SessionKey.parse(change.permission)
      const keyId = SessionKey.keyId(permission, Voucher.escrowDomainSeparator(TEST_CHAIN, escrow))
      const zero = { version: 0, usage: 0n, frozenAt: 0, revokedAt: 0, stoppedAt: 0 }
      keys.set(keyId, { ...permission, ...zero, keyId })
      return { kind: 'done', key: keys.get(keyId) }
    }
    const key = change.kind === 'rotate' ? undefined : keys.get(change.keyId)
    if (key === undefined) return { kind: 'refused', code: 'key_not_registered' }
    key.version++
    key.frozenAt = change.kind === 'freeze' ? 1 : 0
    if (change.kind === 'revoke') key.revokedAt = 1
    return { kind: 'done', key }
  }
  const binding = {
    relay,
    addresses: async () => ({ freezer }),
    verifyWallet: async () => (signer === undefined ? { kind: 'invalid' } : { kind: 'valid', by: signer }),
    keyState: async (_v: 1, { keyId }: { keyId: string }) => {
      const key = keys.get(keyId)
      return key === undefined ? { kind: 'unknown' } : { kind: 'known', key }
    },
    freezeAsFreezer: async () => ({ kind: 'refused', code: 'key_not_registered' }),
  } as unknown as Relay
  return { keys, relayed, binding, down: (now: boolean) => void (isDown = now) }
}

let salts = 0

export function permissionOf(account: Hex, over: Partial<SessionKey.PermissionJson> = {}): SessionKey.PermissionJson {
  return {
    account: account.toLowerCase() as Hex,
    key: privateKeyToAccount(generatePrivateKey()).address.toLowerCase() as Hex,
    token: hex('7c', 20),
    payees: [hex('ac', 20)],
    spendCap: '50000000',
    periodAmount: '5000000',
    periodDuration: 86_400,
    perPaymentMax: '100000',
    start: PAST,
    expiry: 3_900_000_000,
    freezer,
    salt: `0x${String(++salts).padStart(64, '0')}`,
    ...over,
  }
}

/** The body of `POST /grants`, signed by this wallet. */
export async function grantOf(wallet: PrivateKeyAccount, over: { deadline?: number } = {}) {
  const { deadline = DEADLINE } = over
  const permission = permissionOf(wallet.address)
  const message = { permission: SessionKey.parse(permission), deadline }
  const signature = await sign(wallet, WalletRequest.typedData(domain, 'RegisterKey', message))
  return { name: 'site', chainId: TEST_CHAIN, permission, routes: null, deadline, signature }
}

/** The body of a change of a key at this version, signed by this wallet. */
export async function changeOf(
  wallet: PrivateKeyAccount,
  form: 'FreezeKey' | 'UnfreezeKey' | 'RevokeKey',
  at: { keyId: Hex; version: number; deadline: number },
) {
  const signature = await sign(wallet, WalletRequest.typedData(domain, form, at))
  return { signature, deadline: at.deadline, version: at.version }
}

function sign(wallet: PrivateKeyAccount, request: unknown): Promise<Hex> {
  return wallet.signTypedData(request as Parameters<PrivateKeyAccount['signTypedData']>[0])
}
