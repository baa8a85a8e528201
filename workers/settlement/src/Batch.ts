/** Rows of a claim: read from a message, put together, split, and tested until the bad ones stand alone. Pure. */
import * as Amount from '@pbstream/core/Amount'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { keccak256 } from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex, lower } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import { type ClaimMessage, claimMessage } from '@pbstream/core/message/Settlement'
import * as Signature from '@pbstream/core/Signature'
import type { ClaimRow } from './Contract.ts'

/** A claim of one channel, as asked for by its session. */
export type Row = ClaimRow & {
  session: string
  chainId: number
  contract: Address
  channelId: Hex
  reason: ClaimMessage['reason']
  attempt: number
}

/** A message as a row; undefined when it is not of a version or shape that this Worker knows. */
export function parse(body: unknown): Row | undefined {
  const parsed = claimMessage.safeParse(body)
  if (!parsed.success) return undefined
  const message = parsed.data
  const max = BigInt(message.max)
  const total = BigInt(message.total)
  const signature = Signature.normalise(message.signature)
  if (total === 0n || total > max || !Amount.isAmount(max) || signature === undefined) return undefined
  try {
    const config = ChannelConfig.parse(message.config)
    const session = ref(message.session)
    return {
      session: sessionName(session),
      chainId: session.chainId,
      contract: session.contract,
      channelId: lower(message.channelId),
      config,
      max,
      total,
      signature,
      reason: message.reason,
      attempt: message.attempt,
    }
  } catch {
    // A config that is none.
    return undefined
  }
}

/** Names a piece of work: the same claim asked for twice has the same key, a new try after a failure another. */
export function key(row: Row): string {
  return `${row.channelId}:${row.total}:${row.attempt}`
}

/** The lane item of a batch: depends on what is claimed and not on the order or number of messages. */
export function itemId(rows: readonly Row[]): string {
  const keys = rows.map(key).sort().join()
  return `claim:${fromBytes(keccak256(new TextEncoder().encode(keys)))}`
}

export type Pair = { receiver: Address; token: Address }

/** Who is paid by these rows, each once. */
export function pairs(rows: readonly Row[]): Pair[] {
  const found = new Map<string, Pair>()
  for (const { config } of rows) {
    found.set(`${config.receiver}:${config.token}`, { receiver: config.receiver, token: config.token })
  }
  return [...found.values()]
}

const MAX_ROWS = 100
/** Gas on the safe side, cold slots: of the transaction, of a row with an authorizer's signature, of a payout. */
const BASE_GAS = 60_000
const ROW_GAS = 45_000
const PAYOUT_GAS = 65_000

/** An upper estimate of the gas of one claim transaction. */
export function gas(rows: readonly Row[]): number {
  return BASE_GAS + ROW_GAS * rows.length + PAYOUT_GAS * pairs(rows).length
}

/** Batches that fit in a transaction. A row that failed before travels alone, so that it can hold up nobody. */
export function split(rows: readonly Row[], maxGas: number): Row[][] {
  const batches: Row[][] = []
  let current: Row[] = []
  for (const row of rows) {
    if (row.attempt > 0) {
      batches.push([row])
      continue
    }
    if (current.length >= MAX_ROWS || (current.length > 0 && gas([...current, row]) > maxGas)) {
      batches.push(current)
      current = []
    }
    current.push(row)
  }
  return current.length > 0 ? [...batches, current] : batches
}

/**
 * Tells the rows that would go through from those that would make a batch revert, by halving. Rows are independent of
 * one another, so the good ones of all halves go through together.
 *
 * @param passes whether a claim of just these rows would go through now
 */
export async function isolate(
  rows: readonly Row[],
  passes: (rows: readonly Row[]) => Promise<boolean>,
): Promise<{ good: Row[]; bad: Row[] }> {
  if (rows.length === 0) return { good: [], bad: [] }
  if (await passes(rows)) return { good: [...rows], bad: [] }
  if (rows.length === 1) return { good: [], bad: [...rows] }
  const middle = Math.ceil(rows.length / 2)
  const left = await isolate(rows.slice(0, middle), passes)
  const right = await isolate(rows.slice(middle), passes)
  return { good: [...left.good, ...right.good], bad: [...left.bad, ...right.bad] }
}

function ref(session: ClaimMessage['session']): SessionRef {
  return {
    chainId: session.chainId,
    contract: lower(session.contract),
    payer: lower(session.payer),
    payerAuthorizer: lower(session.payerAuthorizer),
  }
}
