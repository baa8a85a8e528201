/**
 * A business with so many micro-payments. One provider, `prov_0`, has half of them, one channel (and session) a tenth, so
 * that what is slow for the biggest shows. Times are a second apart.
 */
import type { Store } from './Store.ts'

export const OWNER = `0x${'a1'.repeat(20)}`
export const T0 = Date.UTC(2026, 0, 1)
const SESSIONS = 1_000

const PREFIX = `84532:0x${'c0'.repeat(20)}:${OWNER}:0x`
const ZEROS = '0'.repeat(40)

export const sessionOf = (n: number) => PREFIX + String(n).padStart(40, '0')
/** The same of a number in SQL: payers are found by where they stand in the name. */
const sessionBy = (n: string) =>
  `'${PREFIX}' || substr('${ZEROS}' || cast((${n}) as text), length(cast((${n}) as text)) + 1)`

/** What the release before had, in its own tables (migrations 0000 to 0002). */
export async function fillBefore(store: Store, payments: number): Promise<void> {
  const { time, json, yes, rows } = words(store)
  const s = `case when n % 10 = 0 then 0 else ((n % ${SESSIONS}) * 919) % ${SESSIONS} end`
  const session = sessionBy(s)
  const provider = `'prov_' || (case when n % 2 = 0 then 0 else n % 50 end)`
  const journal = `${session}, n, 'c' || (${s})`
  const some = Math.max(1_000, Math.floor(payments / 20))
  const insert = [
    `provider (id, name, pay_to, enabled, created_at, updated_at)
      select 'prov_' || (n - 1), 'p', '0xac', ${yes}, ${time('n')}, ${time('n')} ${rows(50)}`,
    `route (id, provider_id, methods, path, origin, chain_ids, rate_version, body_priced, max_body_bytes,
        charge_on_abandon, enabled, audience, created_at, updated_at)
      select 'route_' || (n - 1), 'prov_' || ((n - 1) % 50), ${json('[]')}, '/', ${json('{}')}, ${json('[]')}, 1, ${yes},
        0, ${yes}, ${yes}, 'a', ${time('n')}, ${time('n')} ${rows(200)}`,
    `session_key (id, session, chain_id, contract, payer, "key", first_seen_at)
      select ${sessionBy('n - 1')}, ${sessionBy('n - 1')}, 84532, '0xc0', '${OWNER}',
        '0x' || (n - 1), ${time('n')} ${rows(SESSIONS)}`,
    `stream_session (id, chain_id, contract, payer, payer_authorizer, last_seq, last_at)
      select ${sessionBy('n - 1')}, 84532, '0xc0', '${OWNER}', '0x' || (n - 1), 1, ${time(String(payments))}
        ${rows(SESSIONS)}`,
    `channel (id, session, chain_id, receiver, token, provisional, deposited, returned, accepted, spent, claimed, settled,
        lost, revision)
      select 'c' || (n - 1), ${sessionBy('n - 1')}, 84532, '0xac', '0x7c', 0, 0, 0, 0, 0, 0, 0, 0, 1
        ${rows(SESSIONS)}`,
    `micro_payment (session, seq, channel_id, reservation_id, request_id, provider_id, route_id, rate_version, debit,
        credit, amount, cumulative, at)
      select ${journal}, 'r' || n, null, ${provider}, 'route_' || (n % 200), 1, 'escrow', 'earned', 1000, 1000,
        ${time('n')} ${rows(payments)}`,
    `movement (session, seq, kind, channel_id, debit, credit, amount, "transaction", at)
      select ${session}, n + ${payments}, case when n % 3 = 0 then 'settle' else 'claim' end, 'c' || (${s}), 'claimed',
        'provider', 5, '0xf1', ${time('n')} ${rows(some)}`,
    `sentinel_event (id, what, detail, at, subject)
      select 'i' || n, 'money_lost', ${json('{}')}, ${time('n')}, 'c' || (${s}) ${rows(some)}`,
    `audit (actor, action, subject, detail, at)
      select 'seed', 'route.write', 'route_' || (n % 200), ${json('{}')}, ${time('n')} ${rows(some)}`,
  ]
  for (const each of insert) await store.run(`insert into ${each}`)
}

/** What the release of now adds to it. */
export async function fillAfter(store: Store, payments: number): Promise<void> {
  const { time, json, rows, hex } = words(store)
  const some = Math.max(1_000, Math.floor(payments / 20))
  const status = `case when n % 100 = 0 then 'failed' when n % 1000 = 1 then 'pending' else 'delivered' end`
  const event = `case when n % 500 = 0 then 'settlement.failed' else 'deposit.confirmed' end`
  for (const sql of [
    `update provider set owner = '${OWNER}', mode = 'test'`,
    `update session_key set owner = '${OWNER}', mode = 'test', public_id = 'sk_' || session, status = 'active'`,
    `insert into webhook_delivery (id, endpoint_id, owner, mode, event_id, event, payload, status, attempts, next_at,
        created_at, updated_at)
      select 'whd_' || ${hex(`${T0} + n * 1000`)} || ${hex('n')}, 'we_' || (n % 4), '${OWNER}', 'test', 'evt_' || n,
        ${event}, '{}', ${status}, 1, ${time('n')}, ${time('n')}, ${time('n')} ${rows(some)}`,
    `insert into sentinel_decision (session, number, id, chain_id, payer, scope, at, action, effect, rule, version, detail,
        repeats, last_at)
      select ${sessionBy(`n % ${SESSIONS}`)}, n, 'dec_' || n, 84532, '${OWNER}',
        case when n % 2 = 0 then 'provider:prov_0' else 'owner' end, ${time('n')}, 'alert', 'done',
        case when n % 500 = 0 then 'rare' when n % 501 = 0 then 'seldom' else 'often' end, 1, ${json('{}')}, 0, ${time('n')}
        ${rows(some)}`,
    `insert into sentinel_stop (id, session, chain_id, payer, "key", scope, kind, rule, version, decision_id, at,
        released_at)
      select 'st_' || n, ${sessionBy(`n % ${SESSIONS}`)}, 84532, '${OWNER}', '0xke',
        case when n % 2 = 0 then 'provider:prov_0' else 'owner' end, 'frozen', 'often', 1, 'dec_' || n, ${time('n')},
        case when n % 100 < 2 then null else ${time('n')} end ${rows(some)}`,
    `insert into failure_hour (session, provider_id, route_id, hour, calls, failures, revision)
      select ${sessionBy(`n % ${SESSIONS}`)}, 'prov_0', 'route_' || (n % 200), ${time('n * 3600')}, n, 1, n
        ${rows(some)}`,
    `insert into audit (actor, action, subject, detail, at, chain, seq, prev, hash)
      select '${OWNER}', case when n % 50 = 0 then 'provider.update' else 'route.update' end, 'route_' || (n % 200),
        ${json('{}')}, ${time('n')}, '${OWNER}/test', n, 'h' || n, 'h' || n ${rows(some)}`,
    store.dialect === 'sqlite' ? 'pragma optimize' : 'analyze',
  ]) {
    await store.run(sql)
  }
}

/** What the dialects spell differently. */
function words({ dialect }: Store) {
  const sqlite = dialect === 'sqlite'
  const numbers = (count: number) =>
    `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count}) select n from numbers`
  return {
    yes: sqlite ? '1' : 'true',
    json: (text: string) => (sqlite ? `'${text}'` : `'${text}'::jsonb`),
    time: (n: string) => (sqlite ? `${T0} + (${n}) * 1000` : `to_timestamp(${T0 / 1000} + (${n}))`),
    hex: (n: string) => (sqlite ? `printf('%012x', ${n})` : `lpad(to_hex((${n})::bigint), 12, '0')`),
    rows: (count: number) => `from ${sqlite ? `(${numbers(count)})` : `generate_series(1, ${count}) n`}`,
  }
}
