/** The Worker's bindings, and the settlement Worker that does what a test tells it. */
import { env } from 'cloudflare:workers'
import type { ChannelSnapshot, SessionEvent } from '@pbstream/core/message/Event'
import type {
  ChainStanding,
  ChannelStanding,
  CloseReply,
  Comparison,
  DrainReply,
  LaneState,
  OperationsApi,
  ReplayReply,
  ViewReply,
} from '@pbstream/core/message/Operations'
import type { WalletReply } from '@pbstream/core/message/KeyRelay'
import { type Database, open } from '@pbstream/db/Database'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'

export const bindings = env as unknown as Env
export const db = open(bindings)
export const hex = (byte: string, bytes: number): `0x${string}` => `0x${byte.repeat(bytes)}`
export const channelId = hex('01', 32)

type Words = {
  down?: boolean
  channels?: Record<string, Partial<Comparison>>
  drain?: DrainReply
  close?: Record<string, CloseReply>
  replay?: ReplayReply
  lanes?: LaneState[]
  deadLetters?: Awaited<ReturnType<OperationsApi['deadLetters']>>
  verifyWallet?: WalletReply
  view?: ViewReply
}
export const settlement = bindings.OPERATIONS as unknown as {
  say(words: Words): Promise<void>
  done(): Promise<string[]>
}

export const session = { chainId: 84532, contract: hex('c0', 20), payer: hex('a1', 20), payerAuthorizer: hex('5e', 20) }

export function snapshot(over: Partial<ChannelSnapshot> = {}): ChannelSnapshot {
  return {
    channelId,
    receiver: hex('ac', 20),
    token: hex('7c', 20),
    provisional: '0',
    deposited: '1000',
    returned: '0',
    accepted: '100',
    spent: '90',
    claimed: '50',
    settled: '50',
    lost: '0',
    revision: 7,
    ...over,
  }
}

export function sessionEvent(over: Partial<ChannelSnapshot> = {}): SessionEvent {
  return { v: 1, kind: 'session', session, channels: [snapshot(over)], rows: [] }
}

export function standing(over: Partial<ChannelSnapshot> = {}, beside: Partial<ChannelStanding> = {}): ChannelStanding {
  return {
    snapshot: snapshot(over),
    config: {
      payer: session.payer,
      payerAuthorizer: session.payerAuthorizer,
      receiver: hex('ac', 20),
      receiverAuthorizer: hex('ad', 20),
      token: hex('7c', 20),
      withdrawDelay: 900,
      salt: hex('00', 32),
    },
    withdrawRequestedAt: 0,
    refundNonce: 0n,
    refundInFlight: false,
    attempt: 0,
    depositsWanted: 0n,
    ...beside,
  }
}

/** The chain that agrees with `snapshot()`. */
export function chain(over: Partial<ChainStanding> = {}): ChainStanding {
  return { balance: 1000n, totalClaimed: 50n, finalClaimed: 50n, withdrawRequestedAt: 0, refundNonce: 0n, ...over }
}

/** A minute goes by. */
export async function minute(as: Partial<Env> = {}): Promise<void> {
  await worker.scheduled({} as ScheduledController, { ...bindings, RECONCILE_GRACE_MS: '0', ...as })
}

export async function metrics(): Promise<string> {
  const response = await worker.fetch(new Request('https://control.example/metrics'), { ...bindings, OVERVIEW: 'true' })
  return response.text()
}

export function empty(): Promise<void> {
  const { tables: t } = db
  return emptied([
    ...[t.oracleValue, t.oracle, t.customerTerms, t.usageTotal, t.channel, t.sentinelEvent, t.suspicion],
    ...[t.reconciliation, t.audit, t.auditHead, t.owner, t.signIn, t.usedNonce, t.apiKey, t.idempotency],
  ])
}

/** At once: who refers to others comes before them. */
export function emptied(tables: readonly Database['tables'][keyof Database['tables']][]): Promise<void> {
  return db.atomically((orm) => tables.map((table) => orm.delete(table)))
}
