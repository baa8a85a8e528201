/**
 * What control asks of settlement for session keys of our escrow, over a service binding (entrypoint `KeyRelay`): changes
 * that an account signed, put on chain at our cost; what the chain has of a key; whether a wallet signed something.
 *
 * Every call can be repeated: the same change is one transaction. Input may be anything: what cannot be used is refused.
 */
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { ErrorCode } from '../Errors.ts'
import type { Address, Hex } from '../Hex.ts'
import type { PermissionJson } from '../SessionKey.ts'

/** One signed form of `SessionKeyValidator`. Amounts are decimal strings, deadlines Unix seconds, versions the chain's. */
export type KeyChange =
  | { kind: 'register'; permission: PermissionJson; deadline: number; signature: Hex }
  /** `signer`: the account or the key's freezer. */
  | { kind: 'freeze'; keyId: Hex; signer: Address; version: number; deadline: number; signature: Hex }
  | { kind: 'unfreeze'; keyId: Hex; version: number; deadline: number; signature: Hex }
  | { kind: 'revoke'; keyId: Hex; version: number; deadline: number; signature: Hex }
  | {
      kind: 'rotate'
      oldKeyId: Hex
      newPermission: PermissionJson
      maxUsage: string
      version: number
      deadline: number
      signature: Hex
    }

/** `waitMs`: how long the caller waits for the block; the transaction goes on without it. */
export type KeyOrder = { chainId: number; change: KeyChange; waitMs: number }

/** A registered key as the newest block has it. Amounts atomic units, times Unix seconds, 0 where there is none. */
export type KeyOnChain = {
  keyId: Hex
  /** Rises with every change: the next signed form has to name it. */
  version: number
  account: Address
  key: Address
  token: Address
  freezer: Address
  spendCap: bigint
  /** Deposits less refunds and withdrawals, over all channels of the key. */
  usage: bigint
  periodAmount: bigint
  periodDuration: number
  start: number
  expiry: number
  frozenAt: number
  revokedAt: number
  /** The earliest stop in force. */
  stoppedAt: number
}

/** `detail` says which member, or which number was expected; nothing secret. */
export type KeyRefusal = { kind: 'refused'; code: ErrorCode; detail?: string }

export type KeyReply =
  /** The newest block has it, by this order or by whoever was first. `key`: of a rotation the new one. */
  | { kind: 'done'; key: KeyOnChain; transaction?: Hex }
  /** Journaled, and seen to its end; ask again, or look at the state. */
  | { kind: 'pending'; keyId: Hex; transaction?: Hex }
  /** Nothing has changed. */
  | KeyRefusal

export type KeyStateReply = { kind: 'known'; key: KeyOnChain } | { kind: 'unknown' } | KeyRefusal

/** Money of the account into a channel that the key governs, by EIP-3009. Times are Unix seconds. */
export type KeyDeposit = {
  chainId: number
  config: ChannelConfig
  /** Decimal string of atomic units. */
  amount: string
  authorization: { validAfter: string; validBefore: string; salt: Hex; signature: Hex }
  waitMs: number
}

export type KeyDepositReply =
  | { kind: 'done'; channelId: Hex; transaction: Hex }
  | { kind: 'pending'; channelId: Hex; transaction?: Hex }
  | KeyRefusal

/** `by`: a plain key, or a contract's answer (ERC-1271), which is good on that chain and at that time only. */
export type WalletReply = { kind: 'valid'; by: 'key' | 'contract' } | { kind: 'invalid' } | KeyRefusal

export interface KeyRelayApi {
  relay(v: 1, order: KeyOrder): Promise<KeyReply>
  /** Freezes a key that names our freezer, by the freezer's signature. */
  freezeAsFreezer(v: 1, order: { chainId: number; keyId: Hex; waitMs: number }): Promise<KeyReply>
  deposit(v: 1, order: KeyDeposit): Promise<KeyDepositReply>
  keyState(v: 1, of: { chainId: number; keyId: Hex }): Promise<KeyStateReply>
  /** Whether `address` signed the 32 bytes `hash`. The chain is asked only when no plain key did. */
  verifyWallet(v: 1, claim: { chainId: number; address: Address; hash: Hex; signature: Hex }): Promise<WalletReply>
  /**
   * Whom a permission can name as freezer (absent: this deployment has none), and whom a channel has to name as receiver
   * authorizer.
   */
  addresses(v: 1): Promise<{ freezer?: Address; receiverAuthorizer: Address }>
}
