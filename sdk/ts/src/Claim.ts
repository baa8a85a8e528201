/**
 * Claims everything of an export on chain and pays it out. It looks before each step and does only what is missing, so
 * it can be stopped anywhere and run again.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import type { ExportedChannel } from '@pbstream/core/VoucherExport'
import type { PrivateKeyAccount } from 'viem/accounts'
import { type Chain, type Mined, type Token, money, send, token } from './Chain.ts'
import * as Channels from './Channels.ts'
import { batches, type Item, mayClaim, payees, plan, rowOf } from './ClaimPlan.ts'
import { count } from './Screen.ts'
import { isolate, type Refusal, refusal } from './Trial.ts'

/** With `account`, transactions are sent; without it they are only tried, as `from`. */
export type ClaimOptions = {
  chain: Chain
  from: Address
  account: PrivateKeyAccount | undefined
  note(line: string): void
}

export type ClaimedChannel = {
  contract: Address
  channelId: Hex
  token: Address
  /** The contract's total before and after. */
  before: bigint
  after: bigint
  due: bigint
  /** Why `after` is below `due`. */
  why?: string
}

export type Payout = { contract: Address; receiver: Address; token: Address; amount: bigint; transaction?: Hex }

export type ClaimReport = {
  channels: ClaimedChannel[]
  payouts: Payout[]
  transactions: Hex[]
  tokens: Map<Address, Token>
  /** All that the file says is due is recorded and paid out; without an account: would be. */
  complete: boolean
}

export async function claim(channels: readonly ExportedChannel[], options: ClaimOptions): Promise<ClaimReport> {
  const tokens = new Map<Address, Token>()
  for (const { token: address } of payees(channels)) {
    if (!tokens.has(address)) tokens.set(address, await token(options.chain, address))
  }
  const report: ClaimReport = { channels: [], payouts: [], transactions: [], tokens, complete: true }
  for (const contract of new Set(channels.map((channel) => channel.contract))) {
    const own = channels.filter((channel) => channel.contract === contract)
    await claimContract(contract, own, options, report)
  }
  report.complete =
    report.channels.every(({ after, due }) => after >= due) &&
    (options.account === undefined || report.payouts.every(({ transaction }) => transaction !== undefined))
  return report
}

async function claimContract(
  contract: Address,
  channels: readonly ExportedChannel[],
  options: ClaimOptions,
  report: ClaimReport,
): Promise<void> {
  const { chain, note, account } = options
  const configs = channels.map(({ config }) => config)
  const before = await Channels.states(chain, contract, configs)
  const items = channels.map((channel, i) => plan(channel, before[i]!))
  const open = items.filter(({ total, before: recorded }) => total > recorded)
  for (const item of open) {
    if (mayClaim(item.channel, options.from)) continue
    item.total = item.before
    item.why = 'this key is neither the receiver nor its authorizer, and nobody else may claim'
  }
  const allowed = open.filter(({ total, before: recorded }) => total > recorded)
  note(`${contract}: ${count(channels.length, 'channel')} in the file, ${allowed.length} to claim`)
  const parts = batches(allowed)
  for (const [i, part] of parts.entries()) {
    await claimPart(contract, part, `claim ${i + 1} of ${parts.length}`, options, report)
  }
  const after = account === undefined ? undefined : await Channels.states(chain, contract, configs)
  for (const [i, item] of items.entries()) {
    const { channel, due, why } = item
    const recorded = after?.[i]?.claimed ?? item.total
    report.channels.push({
      contract,
      channelId: channel.channelId,
      token: channel.config.token,
      before: item.before,
      after: recorded,
      due,
      ...(recorded >= due ? {} : { why: why ?? 'it was not recorded: run the same command again' }),
    })
  }
  await payOut(contract, channels, items, options, report)
}

/** One transaction: what would make it fail is left out of it, and said. */
async function claimPart(
  contract: Address,
  items: Item[],
  title: string,
  options: ClaimOptions,
  report: ClaimReport,
): Promise<void> {
  const { chain, from, account, note } = options
  const tried = (rows: readonly Item[]) => refusal(chain, from, contract, Channels.claim(rows.map(rowOf)))
  const { good, bad } = await isolate(items, tried)
  for (const { row, refusal: why } of bad) {
    if (lower(row, why) && (await tried([row])) === undefined) good.push(row)
    else {
      row.total = row.before
      row.why = sentence(why)
    }
  }
  if (good.length === 0 || account === undefined) return
  const mined = await send(chain, account, contract, Channels.claim(good.map(rowOf)))
  report.transactions.push(mined.transaction)
  note(`${title}: ${count(good.length, 'channel')} ${inBlock(mined)}`)
}

/** Pays out what is recorded and was not paid, whoever has recorded it. */
async function payOut(
  contract: Address,
  channels: readonly ExportedChannel[],
  items: readonly Item[],
  { chain, account, note }: ClaimOptions,
  report: ClaimReport,
): Promise<void> {
  const pairs = payees(channels)
  const before = await Channels.dues(chain, contract, pairs)
  for (const [i, payee] of pairs.entries()) {
    const { claimed, settled } = before[i]!
    const ours = items.filter(
      ({ channel: { config } }) => config.receiver === payee.receiver && config.token === payee.token,
    )
    // Without an account nothing was recorded: what would have been is added up.
    const tried = account === undefined ? ours.reduce((sum, item) => sum + item.total - item.before, 0n) : 0n
    const amount = claimed - settled + tried
    if (amount === 0n) continue
    if (account === undefined) {
      report.payouts.push({ contract, ...payee, amount })
      continue
    }
    const mined = await send(chain, account, contract, Channels.settle(payee))
    report.transactions.push(mined.transaction)
    note(`paid out: ${money(amount, report.tokens.get(payee.token)!)} to ${payee.receiver} ${inBlock(mined)}`)
    report.payouts.push({ contract, ...payee, amount, transaction: mined.transaction })
  }
}

/** The escrow names the ceiling of a session key: up to it the claim may go now. */
function lower(item: Item, { name, args }: Refusal): boolean {
  const ceiling = args[2]
  if (name !== 'ClaimExceedsCeiling' || typeof ceiling !== 'bigint' || ceiling <= item.before) return false
  item.total = ceiling
  item.why = 'the session key lets no more be claimed in this period: run the same command later'
  return true
}

function sentence({ name }: Refusal): string {
  switch (name) {
    case 'ClaimExceedsCeiling':
      return 'the session key lets no more be claimed in this period: run the same command later'
    case 'KeyIsOver':
      return 'the session key was stopped longer ago than the withdraw delay: it can no longer be claimed'
    case 'InvalidSignature':
      return 'the signature of the voucher is not by the key of the channel: the file is damaged'
    case undefined:
      return 'the contract refuses it without a reason'
    default:
      return `the contract refuses it: ${name}`
  }
}

function inBlock({ transaction, block, gasUsed }: Mined): string {
  return `in block ${block}, ${gasUsed} gas, ${transaction}`
}
