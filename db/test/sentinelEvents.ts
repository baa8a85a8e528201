/** What sessions tell of Sentinel, as their objects make it. */
import type { SessionEvent } from '@pbstream/core/message/Event'
import type { DecisionRow, FailureCount, SentinelNews, StopRow } from '@pbstream/core/message/Sentinel'
import { hex, T0 } from './events.ts'

export const HOUR = 3_600_000

export const sessionOf = (byte: string, key = '5e'): SessionEvent['session'] => ({
  chainId: 84532,
  contract: hex('c0', 20),
  payer: hex(byte, 20),
  payerAuthorizer: hex(key, 20),
})

const hit: DecisionRow['hits'][number] = {
  rule: 'drain',
  version: 3,
  action: 'freeze',
  severity: 'high',
  effect: 'done',
  inputs: { 'drain.hour': '612' },
  nodes: [{ text: 'drain.hour > 500', start: 0, end: 16, type: 'bool', value: 'true' }],
}

export function decision(number: number, more: Partial<DecisionRow> = {}): DecisionRow {
  const { rule = 'drain', version = 3, action = 'freeze', effect = 'done', at = T0 + number * 1_000 } = more
  const hits = action === 'breaker' ? [] : [{ ...hit, rule, version, action, effect }]
  return {
    ...{ number, id: `dec_${number}`, scope: 'owner', at, action, effect, rule, version, granted: false, hits },
    call: { providerId: 'acme', routeId: 'chat', payee: hex('ac', 20), amount: `${2n ** 100n}`, country: 'CH' },
    ...{ repeats: 0, lastAt: at },
    ...more,
  }
}

export function stop(id: string, more: Partial<StopRow> = {}): StopRow {
  return { id, scope: 'owner', kind: 'frozen', rule: 'drain', version: 3, at: T0, decision: 'dec_1', ...more }
}

export function failures(revision: number, calls: number, failed: number, at: number): FailureCount {
  return { providerId: 'acme', routeId: 'chat', calls, failures: failed, revision, at }
}

export function told(session: SessionEvent['session'], sentinel: Partial<SentinelNews>): SessionEvent {
  const news = { decisions: [], stops: [], failures: [], ...sentinel }
  return { v: 1, kind: 'session', session, rows: [], channels: [], sentinel: news }
}
