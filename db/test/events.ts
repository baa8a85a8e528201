/** Events as the objects make them, cut and mixed in every way that a queue allows. */
import type { ChannelSnapshot, JournalRow, PbEvent, SessionEvent, UsageTotal } from '@pbstream/core/message/Event'
import fc from 'fast-check'

export const hex = (byte: string, bytes: number): `0x${string}` => `0x${byte.repeat(bytes)}`
export const T0 = Date.UTC(2026, 10, 1)
/** Beyond 2^53, and of more digits than its predecessor: compared as a double or as text, these go wrong. */
const BIG = 9_007_199_254_740_990n

export const refs = ['a1', 'b2'].map((byte) => ({
  chainId: 84532,
  contract: hex('c0', 20),
  payer: hex(byte, 20),
  payerAuthorizer: hex('5e', 20),
}))

/** The facts of one session: its journal, and every state that its channel and its counts of usage went through. */
export function history(session: SessionEvent['session'], steps: number) {
  const channelId = hex(session.payer.slice(2, 4), 32)
  const rows: JournalRow[] = []
  const snapshots: ChannelSnapshot[] = []
  const totals: UsageTotal[] = []
  let spent = BIG
  for (let seq = 1; seq <= steps; seq++) {
    const charge = seq % 4 !== 0
    if (charge) {
      spent += 7n
      // Counts go on in the second month, where they begin at nothing.
      const counted = totals.filter(({ period }) => period === monthOf(seq)).length + 1
      const units = { output_token: `${BIG + BigInt(3 * counted)}` }
      const charged = `${7 * counted}`
      totals.push({ routeId: 'chat', period: monthOf(seq), units, charged, revision: seq })
    }
    const common = { seq, channelId, amount: '7', at: T0 + seq * 1000 }
    rows.push(
      charge
        ? {
            ...common,
            kind: 'charge',
            debit: 'escrow',
            credit: 'provider',
            reservationId: `r${seq}`,
            requestId: `id${seq}`,
            providerId: seq % 2 ? 'acme' : 'zeta',
            routeId: 'chat',
            rateVersion: 1,
            cumulative: `${spent}`,
            ...(seq % 2 ? { usage: { output_token: '3' }, country: 'CH', place: '0123456789abcdef' } : {}),
          }
        : { ...common, kind: 'deposit', debit: 'payer', credit: 'escrow', transaction: hex('f1', 32) },
    )
    snapshots.push({
      channelId,
      receiver: hex('ac', 20),
      token: hex('7c', 20),
      provisional: '0',
      deposited: `${10n * BIG}`,
      returned: '0',
      accepted: `${2n * BIG}`,
      spent: `${spent}`,
      claimed: `${spent - 7n}`,
      settled: `${BIG - 1n}`,
      lost: '0',
      revision: seq,
    })
  }
  return { session, rows, snapshots, totals }
}

function monthOf(seq: number): string {
  return seq <= 5 ? '2026-11' : '2026-12'
}
export type History = ReturnType<typeof history>

export function sessionEvent(
  { session }: History,
  rows: JournalRow[],
  channels: ChannelSnapshot[],
  usage?: UsageTotal[],
): SessionEvent {
  return { v: 1, kind: 'session', session, rows, channels, ...(usage === undefined ? {} : { usage }) }
}

/** One lane item from submission to confirmation, with a reorg on the way. */
export function lane(itemId: string): PbEvent[] {
  const states = ['submitted', 'mined', 'submitted', 'mined', 'confirmed'] as const
  return states.map((status, revision) => ({
    v: 1,
    kind: 'transaction',
    chainId: 84532,
    signer: hex('51', 20),
    itemId,
    purpose: 'claim',
    nonce: 3,
    transaction: hex('f2', 32),
    status,
    revision,
    channels: 2,
    amount: `${BIG}`,
    ...(status !== 'submitted' && { gasUsed: '90210' }),
    at: T0 + revision * 2000,
  }))
}

export function incident(id: string): PbEvent {
  return { v: 1, kind: 'incident', id, what: 'claim_dead_letter', detail: { channelId: hex('a1', 32) }, at: T0 }
}

/** Deliveries of the same facts: rows, snapshots and totals cut into events anyhow, some twice, in any order and batches. */
export function deliveries(histories: History[], others: PbEvent[]): fc.Arbitrary<PbEvent[][]> {
  const pieces = histories.flatMap((of) => [
    ...of.rows.map((row) => ({ of, row })),
    ...of.snapshots.map((snapshot) => ({ of, snapshot })),
    ...of.totals.map((total) => ({ of, total })),
  ])
  const everything = [...pieces, ...others]
  const order = fc
    .subarray(everything)
    .chain((again) => fc.shuffledSubarray([...everything, ...again], { minLength: everything.length + again.length }))
  const cuts = fc.infiniteStream(fc.record({ event: fc.boolean(), batch: fc.boolean() }))
  return fc.tuple(order, cuts).map(([items, at]) => {
    const batches: PbEvent[][] = [[]]
    for (const item of items) {
      const { event: cutEvent, batch: cutBatch } = at.next().value
      const batch = batches[batches.length - 1] ?? []
      const last = batch[batch.length - 1]
      if ('v' in item) batch.push(item)
      else {
        const { of } = item
        const open = !cutEvent && last?.kind === 'session' && last.session === of.session
        const event = open ? last : sessionEvent(of, [], [])
        if (!open) batch.push(event)
        if ('row' in item) event.rows.push(item.row)
        else if ('snapshot' in item) event.channels.push(item.snapshot)
        else event.usage = [...(event.usage ?? []), item.total]
      }
      if (cutBatch) batches.push([])
    }
    return batches
  })
}
