/** Rows of a claim: read from a message, named, and tested until the bad ones stand alone. Pure. */
import * as Amount from '@pbstream/core/Amount'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { keccak256 } from '@pbstream/core/Eip712'
import { type Address, fromBytes, type Hex, lower } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import { type ClaimMessage, claimMessage } from '@pbstream/core/message/Settlement'
import * as PackedRows from '@pbstream/core/PackedRows'
import * as Signature from '@pbstream/core/Signature'
import type { ChannelContract } from './ChannelContract.ts'
import type { ClaimRow } from './Contract.ts'
import type { Form } from './Sizing.ts'

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

/** The same for a claim that is recorded and not paid out: the payout that is still to come has the plain name. */
export function recordKey(row: Row): string {
  return `${key(row)}:record`
}

/** The lane item of a batch: depends on what is claimed and not on the order or number of messages. */
export function itemId(keys: readonly string[]): string {
  const names = [...keys].sort().join()
  return `claim:${fromBytes(keccak256(new TextEncoder().encode(names)))}`
}

export type Pair = { receiver: Address; token: Address }

/** Who is paid by these rows, each once. */
export function pairs(rows: readonly { config: ChannelConfig.ChannelConfig }[]): Pair[] {
  const found = new Map<string, Pair>()
  for (const { config } of rows) {
    found.set(pairName(config), { receiver: config.receiver, token: config.token })
  }
  return [...found.values()]
}

export function pairName({ receiver, token }: Pair): string {
  return `${receiver}:${token}`
}

/** Amounts of a packed row have 12 bytes; others go as they are, in the form of the canonical contract. */
export function formOf({ max }: Pick<Row, 'max'>, kind: ChannelContract['kind']): Form {
  return kind === 'escrow' && max <= PackedRows.MAX_AMOUNT ? 'packed' : 'whole'
}

/**
 * Tells the parts that would go through from those that would make a batch revert, by halving. Parts are independent
 * of one another, so the good ones of all halves go through together.
 *
 * @param passes whether a claim of just these parts would go through now
 */
export async function isolate<Part>(
  parts: readonly Part[],
  passes: (parts: readonly Part[]) => Promise<boolean>,
): Promise<{ good: Part[]; bad: Part[] }> {
  if (parts.length === 0) return { good: [], bad: [] }
  if (await passes(parts)) return { good: [...parts], bad: [] }
  if (parts.length === 1) return { good: [], bad: [...parts] }
  const middle = Math.ceil(parts.length / 2)
  const left = await isolate(parts.slice(0, middle), passes)
  const right = await isolate(parts.slice(middle), passes)
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
