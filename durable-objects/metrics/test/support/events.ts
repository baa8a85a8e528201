/** Events of made-up sessions and lanes. */
import type {
  ChannelSnapshot,
  IncidentEvent,
  JournalRow,
  SessionEvent,
  TransactionEvent,
} from '@pbstream/core/message/Event'

export const hex = (byte: string, bytes: number): `0x${string}` => `0x${byte.repeat(bytes)}`
export const T0 = Date.now() - 1_000_000
export const token = hex('7c', 20)
export const signer = hex('51', 20)

export function session(byte: string): SessionEvent['session'] {
  return { chainId: 84532, contract: hex('c0', 20), payer: hex(byte, 20), payerAuthorizer: hex('5e', 20) }
}

export function snapshot(over: Partial<ChannelSnapshot> = {}): ChannelSnapshot {
  return {
    channelId: hex('01', 32),
    receiver: hex('ac', 20),
    token,
    provisional: '0',
    deposited: '1000',
    returned: '0',
    accepted: '0',
    spent: '0',
    claimed: '0',
    settled: '0',
    lost: '0',
    revision: 1,
    ...over,
  }
}

export function charge(seq: number, cumulative: bigint, at: number, channelId = hex('01', 32)): JournalRow {
  const amounts = { amount: '7', cumulative: String(cumulative) }
  return { seq, kind: 'charge', channelId, debit: 'escrow', credit: 'provider', ...amounts, at }
}

export function event(channels: ChannelSnapshot[], rows: JournalRow[] = [], byte = 'a1'): SessionEvent {
  return { v: 1, kind: 'session', session: session(byte), channels, rows }
}

export function transaction(over: Partial<TransactionEvent> = {}): TransactionEvent {
  return {
    v: 1,
    kind: 'transaction',
    chainId: 84532,
    signer,
    itemId: 'claim:1',
    purpose: 'claim',
    nonce: 3,
    status: 'submitted',
    revision: 0,
    channels: 1,
    amount: '7',
    attempts: 1,
    at: T0,
    ...over,
  }
}

export function incident(id: string, at = T0): IncidentEvent {
  return { v: 1, kind: 'incident', id, what: 'claim_dead_letter', detail: {}, at }
}
