/** Commands as a gateway would send them. Signatures are made up: the gateway has verified them. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import type { SessionAsk, SessionOpen, SessionReserve } from '@pbstream/core/message/PaidSession'
import type { ChainEvent, RefundRequest, Reserve, SessionRef } from '@pbstream/core/message/Session'

const hex = (digit: string, bytes: number): Hex => `0x${digit.repeat(2 * bytes)}`

export const digestOf = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`

export const transaction = hex('f', 32)

/** A payer of its own for each name, so that tests in one file do not meet. */
export function sessionOf(payer: number): SessionRef {
  const address: Hex = `0x${payer.toString(16).padStart(40, '0')}`
  return { chainId: 84532, contract: hex('4', 20), payer: address, payerAuthorizer: hex('b', 20) }
}

export function configOf(session: SessionRef, over: Partial<ChannelConfig> = {}): ChannelConfig {
  return {
    payer: session.payer,
    payerAuthorizer: session.payerAuthorizer,
    receiver: hex('c', 20),
    receiverAuthorizer: hex('d', 20),
    token: hex('e', 20),
    withdrawDelay: 86_400,
    salt: hex('0', 32),
    ...over,
  }
}

/** One channel of one session, with the commands that act on it. */
export function channelOf(payer: number, channel = 1) {
  const session = sessionOf(payer)
  const channelId = digestOf(payer * 1_000 + channel)
  const config = configOf(session, { salt: digestOf(channel) })
  let calls = 0
  return {
    session,
    channelId,
    config,
    signature: (max: bigint): Hex => `0x${max.toString(16).padStart(130, '0')}`,
    reserve(max: bigint, hold: bigint, over: Partial<Reserve> = {}): Reserve {
      calls += 1
      return {
        v: 1,
        session,
        channelId,
        config,
        voucher: { max, signature: this.signature(max) },
        hold,
        callId: `call-${payer}-${channel}-${calls}`,
        digest: digestOf(1),
        providerId: 'provider',
        routeId: 'route',
        rateVersion: 1,
        ...over,
      }
    },
    /** Opens a session for an hour, with a nonce of its own. */
    open(max: bigint, over: Partial<SessionOpen> = {}): SessionOpen {
      calls += 1
      const now = Date.now()
      return {
        v: 1,
        session,
        channelId,
        config,
        voucher: { max, signature: this.signature(max) },
        nonce: digestOf(payer * 1_000_000 + channel * 10_000 + calls),
        nonceExpiresAt: now + 60_000,
        expiresAt: now + 3_600_000,
        ...over,
      }
    },
    ask(epoch = 1): SessionAsk {
      return { v: 1, session, channelId, epoch }
    },
    /** A request under a session, with an id of its own. */
    pay(hold: bigint, over: Partial<SessionReserve> = {}): SessionReserve {
      calls += 1
      return {
        ...this.ask(),
        hold,
        requestId: `request-${payer}-${channel}-${calls}`,
        digest: digestOf(1),
        providerId: 'provider',
        routeId: 'route',
        rateVersion: 1,
        ...over,
      }
    },
    refund(max: bigint, over: Partial<RefundRequest> = {}): RefundRequest {
      return { v: 1, session, channelId, config, voucher: { max, signature: this.signature(max) }, ...over }
    },
    observed(balance: bigint, over: Partial<Extract<ChainEvent, { kind: 'observed' }>> = {}): ChainEvent {
      return {
        kind: 'observed',
        channelId,
        config,
        balance,
        totalClaimed: 0n,
        withdrawRequestedAt: 0,
        refundNonce: 0n,
        ...over,
      }
    },
    deposit(depositId: string, amount: bigint, status: 'mined' | 'confirmed' | 'failed'): ChainEvent {
      return { kind: 'deposit', channelId, depositId, amount, status, transaction }
    },
    claim(total: bigint, status: 'confirmed' | 'failed' | 'deferred', settled = true): ChainEvent {
      return { kind: 'claim', channelId, total, status, settled, transaction }
    },
  }
}
