/** What control asks for session keys and for wallets, over a service binding of its own. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Address, Hex } from '@pbstream/core/Hex'
import type {
  KeyDeposit,
  KeyDepositReply,
  KeyOrder,
  KeyRelayApi,
  KeyReply,
  KeyStateReply,
  WalletReply,
} from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import { deps } from './Deps.ts'
import type { Env } from './Env.ts'
import * as Change from './KeyRelayChange.ts'
import { readKey } from './KeyRelayChain.ts'
import { deposit } from './KeyRelayDeposit.ts'
import { unusable } from './KeyRelayOrder.ts'
import { reachable } from './KeyRelayReach.ts'
import { verifyWallet } from './KeyRelayWallet.ts'

export class KeyRelay extends WorkerEntrypoint<Env> implements KeyRelayApi {
  async relay(_v: 1, order: KeyOrder): Promise<KeyReply> {
    return Change.relay(deps(this.env), order)
  }

  async freezeAsFreezer(_v: 1, order: { chainId: number; keyId: Hex; waitMs: number }): Promise<KeyReply> {
    return Change.freezeAsFreezer(deps(this.env), order)
  }

  async deposit(_v: 1, order: KeyDeposit): Promise<KeyDepositReply> {
    return deposit(deps(this.env), order)
  }

  async keyState(_v: 1, of: { chainId: number; keyId: Hex }): Promise<KeyStateReply> {
    const { chainId, keyId } = of ?? {}
    const chain = typeof chainId === 'number' ? deps(this.env).chain(chainId) : undefined
    const escrow = chain?.contracts.find(({ kind }) => kind === 'escrow')
    if (chain === undefined || escrow === undefined) return { kind: 'refused', code: 'relay_unavailable' }
    if (!SessionKey.isKeyId(keyId)) return unusable('keyId')
    return reachable<KeyStateReply>(async () => {
      const key = await readKey(chain.rpc, escrow.address, keyId)
      return key === undefined ? { kind: 'unknown' as const } : { kind: 'known' as const, key }
    })
  }

  async verifyWallet(
    _v: 1,
    claim: { chainId: number; address: Address; hash: Hex; signature: Hex },
  ): Promise<WalletReply> {
    return verifyWallet(deps(this.env), claim)
  }

  async addresses(_v: 1): Promise<{ freezer?: Address; receiverAuthorizer: Address }> {
    const { freezer, receiverAuthorizer } = deps(this.env).keys
    return {
      ...(freezer === undefined ? {} : { freezer: freezer.address }),
      receiverAuthorizer: receiverAuthorizer.address,
    }
  }
}
