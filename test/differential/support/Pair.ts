/** A channel twice: in the ledger and in the escrow. Every command goes to both, and then both must say the same. */
import * as Core from '@pbstream/core/Ledger'
import type { Chain } from '@pbstream/local/Chain'
import { expect } from 'vitest'
import type { Command } from './Command.ts'
import { Escrow, PAYER_FUNDS, type Row, type Seen } from './Escrow.ts'

/** The rules under test. A control passes them with a mistake in one. */
export type Ledger = typeof Core

export class Pair {
  readonly #ledger: Ledger
  readonly #escrow: Escrow
  #channel: Core.Channel
  /** What the escrow held for other channels when this one opened. */
  readonly #elsewhere: bigint
  readonly #holds: bigint[] = []
  #late = 0n
  /** The highest voucher that was given away, by our own count. */
  #highest = 0n
  /** What was claimed when the receiver was paid last. */
  #paid = 0n
  #lastRow: Row | undefined
  #lastRefund: `0x${string}` | undefined

  private constructor(ledger: Ledger, escrow: Escrow, seen: Seen) {
    this.#ledger = ledger
    this.#escrow = escrow
    this.#channel = ledger.open({ channelId: escrow.id, config: escrow.config, ...seen })
    this.#elsewhere = seen.escrow
  }

  /** Runs the list on a new channel, then claims all there is. Throws where ledger and escrow differ. */
  static async run(chain: Chain, governed: boolean, list: readonly Command[], ledger: Ledger = Core): Promise<void> {
    const escrow = await Escrow.open(chain, governed)
    const pair = new Pair(ledger, escrow, await escrow.see())
    for (const command of list) {
      await pair.#do(command)
      await pair.#compare(command.kind)
    }
    await pair.#claim(true, 'settleBatch')
    await pair.#compare('the last claim')
    await pair.#greed()
  }

  async #do(command: Command): Promise<void> {
    switch (command.kind) {
      case 'deposit':
        return this.#deposit(command.amount, command.late)
      case 'charge':
        return this.#charge(command)
      case 'claim':
        return this.#claim(command.all, command.by)
      case 'refund':
        return this.#refund(command.amount, command.mined)
      case 'withdraw':
        return this.#withdraw(command.of, command.race)
      case 'stale':
        return this.#stale(command)
    }
  }

  async #deposit(amount: bigint, late: boolean): Promise<void> {
    await this.#mined(await this.#escrow.deposit(amount))
    this.#step(this.#ledger.depositMined(this.#channel, amount))
    this.#late += amount
    if (late) return
    await this.#compare('a deposit before depth k')
    this.#step(this.#ledger.depositConfirmed(this.#channel, this.#late, this.#late))
    this.#late = 0n
  }

  async #charge(command: Command & { kind: 'charge' }): Promise<void> {
    const open = this.#holds.shift()
    if (open !== undefined) this.#accept(this.#ledger.post(this.#channel, open, command.of % (open + 1n)))
    const base = this.#ledger.base(this.#channel)
    const left = this.#ledger.funds(this.#channel) - base
    // Without money the ledger has to refuse the voucher by itself.
    const hold = left > 0n ? 1n + (command.hold % left) : command.hold
    const voucherMax = base + hold + command.slack
    const voucher = { max: voucherMax, signature: await this.#escrow.voucher(voucherMax) }
    if (!this.#accept(this.#ledger.reserve(this.#channel, voucher, hold))) return
    this.#highest = voucherMax > this.#highest ? voucherMax : this.#highest
    if (command.open) this.#holds.push(hold)
    else this.#accept(this.#ledger.post(this.#channel, hold, command.of % (hold + 1n)))
  }

  async #claim(all: boolean, by: (Command & { kind: 'claim' })['by']): Promise<void> {
    const may = this.#ledger.claimable(this.#channel)
    const before = this.#channel
    const started = this.#accept(this.#ledger.claimStart(before, all))
    if (all) expect(started, 'all that can be claimed is claimed').toBe(may > before.claimed)
    const row = this.#channel.claiming
    if (row === undefined) return
    if (all) expect(row.total, 'what can be claimed').toBe(may)
    this.#step(this.#ledger.claimSent(this.#channel))
    if (by === 'nobody') return this.#step(this.#ledger.claimFailed(this.#channel, row.total))
    this.#lastRow = row
    if (by === 'settleBatch') {
      await this.#mined(await this.#escrow.settleBatch(row))
    } else {
      await this.#mined(await this.#escrow.claimWithSignature(row))
      this.#step(this.#ledger.claimConfirmed(this.#channel, (await this.#escrow.see()).totalClaimed, false))
      await this.#compare('a claim that is not paid out')
      await this.#mined(this.#escrow.settle())
    }
    const seen = await this.#escrow.see()
    expect(seen.totalClaimed, 'the escrow records what was asked for').toBe(row.total)
    expect(seen.receiver, 'and pays it').toBe(row.total)
    this.#paid = row.total
    this.#step(this.#ledger.claimConfirmed(this.#channel, seen.totalClaimed, true))
    expect(this.#channel.claiming, 'the claim is over').toBeUndefined()
  }

  async #refund(wanted: bigint | undefined, mined: boolean): Promise<void> {
    const base = this.#ledger.base(this.#channel)
    const left = this.#ledger.funds(this.#channel) - base
    const amount = wanted === undefined || left <= 0n ? wanted : 1n + (wanted % left)
    const voucher = { max: base, signature: await this.#escrow.voucher(base) }
    const request = { refundId: 'refund', voucher, amount, at: 0 }
    const started = this.#ledger.refundStart(this.#channel, request)
    if ('refused' in started) return
    this.#step(started.channel)
    const { order } = started
    if (!mined) return this.#step(this.#ledger.refundFailed(this.#channel, order.refundId))
    const before = await this.#escrow.see()
    this.#lastRefund = await this.#escrow.refund(order.amount, order.nonce, order.claim)
    await this.#mined(this.#lastRefund)
    const { balance, totalClaimed: claimed } = await this.#escrow.see()
    expect(before.balance - balance, 'the escrow gives back what was ordered').toBe(order.amount)
    this.#step(this.#ledger.refundDone(this.#channel, { amount: order.amount, claimed, nonce: order.nonce }))
    this.#step(this.#ledger.claimConfirmed(this.#channel, claimed, true))
    if (order.claim !== undefined) this.#paid = claimed
  }

  async #withdraw(of: bigint, race: boolean): Promise<void> {
    const { balance, totalClaimed } = await this.#escrow.see()
    const left = balance - totalClaimed
    if (left === 0n) return
    const { payer } = this.#escrow.config
    await this.#mined(this.#escrow.initiateWithdraw(1n + (of % left)), payer)
    await this.#reconcile()
    if (race) await this.#claim(true, 'settleBatch')
    await this.#escrow.pass()
    await this.#mined(this.#escrow.finalizeWithdraw(), payer)
    await this.#reconcile()
  }

  /** The ledger is not told of any of these: the escrow has to stay where it is. */
  async #stale({ what, of, packed }: Command & { kind: 'stale' }): Promise<void> {
    const before = await this.#escrow.see()
    if (what === 'refund') {
      if (this.#lastRefund !== undefined)
        expect(await this.#escrow.send(this.#lastRefund), 'a refund again').toBe(false)
    } else {
      const row = await this.#staleRow(what, of, packed, before)
      if (row === undefined) return
      const authorized = what !== 'authorizer'
      const { settleBatch, claimWithSignature } = Escrow.prototype
      await this.#escrow.send(await (packed ? settleBatch : claimWithSignature).call(this.#escrow, row, authorized))
    }
    expect(await this.#escrow.see(), `the escrow took a stale ${what}`).toEqual(before)
  }

  async #staleRow(what: string, of: bigint, packed: boolean, seen: Seen): Promise<Row | undefined> {
    const { totalClaimed, balance } = seen
    const signed = async (max: bigint, total: bigint, own = true) => ({
      max,
      total,
      signature: await this.#escrow.voucher(max, own),
    })
    const left = balance - totalClaimed
    // Within the money where there is any, so that nothing but what is wrong with the row stands in its way.
    const next = totalClaimed + (left > 0n ? 1n + (of % left) : of)
    if (what === 'row') return this.#lastRow
    if (what === 'lower') return signed(of % (totalClaimed + 1n), of % (totalClaimed + 1n))
    if (what === 'above') return signed(next - 1n, next)
    if (what === 'foreign') return signed(next, next, false)
    if (what === 'authorizer') return signed(next, next)
    // Above the balance the canonical form reverts, and the packed form pays what is there, if anything is.
    return packed && left > 0n ? undefined : signed(balance + of, balance + of)
  }

  /** The receiver uses the highest voucher to the full, whatever was charged: it gets that or the balance, not more. */
  async #greed(): Promise<void> {
    const max = this.#highest
    const { balance, totalClaimed } = await this.#escrow.see()
    const most = [max, balance].reduce((a, b) => (a < b ? a : b))
    for (const total of [max + 1n, max]) {
      await this.#escrow.send(
        await this.#escrow.settleBatch({ max, total, signature: await this.#escrow.voucher(max) }),
      )
    }
    const after = await this.#escrow.see()
    expect(after.totalClaimed, 'the highest voucher').toBe(most > totalClaimed ? most : totalClaimed)
    expect(after.receiver, 'the receiver at the end').toBe(after.totalClaimed)
  }

  async #compare(after: string): Promise<void> {
    const seen = await this.#escrow.see()
    const funds = this.#ledger.funds(this.#channel)
    const { claimed, settled, spent, lost, refundNonce, withdrawRequestedAt } = this.#channel
    expect(seen, `after ${after}`).toEqual({
      balance: funds,
      totalClaimed: claimed,
      refundNonce,
      withdrawRequestedAt,
      payer: PAYER_FUNDS - funds,
      receiver: this.#paid,
      escrow: this.#elsewhere + funds - this.#paid,
    } satisfies Seen)
    // What was booked lost and paid after all does not count as settled.
    if (lost === 0n) expect(settled, 'what is settled was paid').toBe(this.#paid)
    else expect(settled + lost, 'nothing is both settled and lost').toBeLessThanOrEqual(spent)
    expect(settled, 'settled is never more than what was paid').toBeLessThanOrEqual(this.#paid)
    expect(seen.totalClaimed, 'claims stay within the highest voucher').toBeLessThanOrEqual(this.#highest)
    expect(seen.totalClaimed, 'and within the deposits').toBeLessThanOrEqual(seen.balance)
  }

  async #reconcile(): Promise<void> {
    const { id: channelId, config } = this.#escrow
    this.#step(this.#ledger.reconcile(this.#channel, { channelId, config, ...(await this.#escrow.see()) }, 0n))
    await this.#compare('a look at the chain')
  }

  async #mined(data: `0x${string}`, from?: `0x${string}`): Promise<void> {
    expect(await this.#escrow.send(data, from), 'the transaction is not reverted').toBe(true)
  }

  #accept(result: Core.Result): boolean {
    if ('refused' in result) return false
    this.#step(result.channel)
    return true
  }

  #step(next: Core.Channel): void {
    this.#ledger.assertStep(this.#channel, next)
    this.#channel = next
  }
}
