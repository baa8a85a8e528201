/** What there is to claim of an export, in the light of the chain. Pure. */
import * as SessionKey from '@pbstream/core/SessionKey'
import type { ExportedChannel } from '@pbstream/core/VoucherExport'
import type { Address } from '@pbstream/core/Hex'
import type { ClaimRow, Payee, State } from './Channels.ts'

/** A channel of the file, and what is to be done with it. `total` is cumulative, as is everything of a channel. */
export type Item = {
  channel: ExportedChannel
  /** Recorded by the contract before anything was done. */
  before: bigint
  /** What is to be recorded; `before` when nothing is. */
  total: bigint
  /** What the file says belongs to the receiver: charged less lost. */
  due: bigint
  /** Why `due` is not reached, or nothing is done at all. */
  why?: string
}

/**
 * Never more than what was charged, than the voucher allows, or than the channel holds: the receiver gets what it has
 * earned, to the unit, and a payer who signed for more keeps the rest.
 */
export function plan(channel: ExportedChannel, state: State): Item {
  const { spent, lost, voucher } = channel
  const before = state.claimed
  const nothing = { channel, before, total: before, due: spent - lost }
  if (state.channelId !== channel.channelId) {
    return { ...nothing, why: 'the config is not that of the channel: the file is damaged, or for another contract' }
  }
  if (before >= spent) return nothing
  if (voucher === undefined) {
    return { ...nothing, why: 'the file has no voucher for it: it was claimed when the file was made' }
  }
  const total = least(spent, voucher.max, state.balance)
  if (total <= before) return { ...nothing, why: 'the channel holds no more money' }
  const item = { ...nothing, total }
  return total < spent - lost ? { ...item, why: 'the channel holds less than what was charged' } : item
}

/** Who can be paid, each once. */
export function payees(channels: readonly ExportedChannel[]): Payee[] {
  const found = new Map<string, Payee>()
  for (const { config } of channels) {
    const { receiver, token } = config
    found.set(`${receiver}:${token}`, { receiver, token })
  }
  return [...found.values()]
}

/** `claim` lets the receiver itself and its authorizer record vouchers. */
export function mayClaim({ config }: ExportedChannel, account: Address): boolean {
  return account === config.receiver || account === config.receiverAuthorizer
}

export function rowOf({ channel, total }: Item): ClaimRow {
  const { config, voucher } = channel
  if (voucher === undefined) throw new Error('a channel without a voucher is not claimed')
  return { config, max: voucher.max, signature: voucher.signature, total }
}

/** Gas that the rows of one transaction may take by an upper estimate, and their bytes: nodes take 128 KiB at most. */
const GAS = 5_000_000
const BYTES = 100_000
const ROW_BYTES = 480
const BASE_GAS = 60_000
const ROW_GAS = 30_000
const GOVERNED_GAS = 5_000

/** The items cut into transactions. */
export function batches(items: readonly Item[]): Item[][] {
  const cut: Item[][] = []
  let gas = 0
  let bytes = 0
  for (const item of items) {
    const rowGas = ROW_GAS + (SessionKey.governs(item.channel.config.salt) ? GOVERNED_GAS : 0)
    const current = cut.at(-1)
    if (current === undefined || gas + rowGas > GAS || bytes + ROW_BYTES > BYTES) {
      cut.push([item])
      gas = BASE_GAS + rowGas
      bytes = ROW_BYTES
    } else {
      current.push(item)
      gas += rowGas
      bytes += ROW_BYTES
    }
  }
  return cut
}

function least(...amounts: bigint[]): bigint {
  return amounts.reduce((a, b) => (a < b ? a : b))
}
