/**
 * Histories against the books and the real SQLite of an object, checked after every group against sums kept beside
 * them and against what a restart would read back.
 */
import * as Journal from '@pbstream/core/Journal'
import * as Ledger from '@pbstream/core/Ledger'
import type { ChainEvent, RefundReply, Report, Reserve, ReserveReply } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import fc from 'fast-check'
import { expect } from 'vitest'
import { Book } from '../src/Book.ts'
import type { Settings } from '../src/Plan.ts'
import type { Loaded, Reader } from '../src/Rows.ts'
import type { Changes, Ports } from '../src/State.ts'
import { Store } from '../src/Store.ts'
import { channelOf, digestOf } from './fixtures.ts'
import { Limits, policyOf } from './Limits.ts'
import { GuardModel, type GuardStep, guardSteps } from './GuardModel.ts'
import { MeterModel, type MeterStep, meterSteps, type Own } from './MeterModel.ts'
import { SessionModel, type SessionStep, sessionSteps } from './SessionModel.ts'
import { commands, lengths, type Step } from './Steps.ts'

type Any = Step | SessionStep | MeterStep | GuardStep

/** Histories of vouchers, sessions and leases, with calls that are metered. */
export const sessionHistories: fc.Arbitrary<Any[]> = fc.array(
  fc.oneof(...commands, ...sessionSteps, ...meterSteps, ...guardSteps),
  {
    ...lengths,
    maxLength: 160,
  },
)

const settings: Settings = { settleAmount: 30n, settleCount: 4, settleAgeMs: 60_000, minDeposit: 3n }
const tables = ['channel', 'reservation', 'lease', 'session_nonce', 'policy', 'request', 'answer', 'deposit']
const counting = ['journal', 'usage_count']
const guarding = ['set', 'scope', 'snooze', 'state', 'log', 'decision', 'stop', 'failure'].map((of) => `sentinel_${of}`)

/** Ways to plant a bug. */
export type Faults = { reader?(reader: Reader): Reader; write?(changes: Changes): Changes; book?(book: Book): void }

type Channel = ReturnType<typeof channelOf>

export class Model {
  readonly #storage: DurableObjectStorage
  readonly #store: Store
  readonly #faults: Faults
  readonly #channels: [Channel, Channel] = [channelOf(7, 1), channelOf(7, 2)]
  #book: Book
  #now = 1_000_000_000_000
  #ids = 0
  #tickets = 0
  /** Replies that are still to come; each comes once. */
  readonly #open = new Map<number, Reserve>()
  readonly #granted: (Own & { command: Pick<Reserve, 'requestId'>; charged: bigint | undefined })[] = []
  readonly #meters: MeterModel
  readonly #deposits: { id: string; channel: Channel }[] = []
  readonly #claims: ClaimMessage[] = []
  readonly #refunds: { channel: Channel; order: Extract<RefundReply, { kind: 'granted' }>['refund'] }[] = []
  /** Request ids that a reservation has taken and nobody has freed. */
  readonly #taken = new Map<string, string>()
  readonly #limits = new Limits()
  readonly #sessions: SessionModel
  readonly #guard: GuardModel
  /** The version under which the last grant of the group passed. */
  #passed: number | undefined
  #version = 1
  /** What the commands of this group said; it stands when the group does. */
  #said: (() => void)[] = []

  constructor(storage: DurableObjectStorage, faults: Faults = {}) {
    this.#storage = storage
    this.#faults = faults
    for (const table of [...tables, ...counting, ...guarding]) storage.sql.exec(`DELETE FROM ${table}`)
    storage.sql.exec("DELETE FROM meta WHERE key <> 'schema'")
    this.#store = new Store(storage.sql)
    this.#book = this.#load()
    this.#sessions = new SessionModel({
      channels: this.#channels,
      book: () => this.#book,
      now: () => this.#now,
      said: (what) => this.#said.push(what),
      reach,
      granted: (id, command, keyVersion, epoch) => this.#paid(id, command, keyVersion, epoch),
      leased: (lease, channel) => {
        const { id: reservationId, amount: hold, perRequestMax, keyVersion } = lease
        const reply = { reservationId, ...(keyVersion === undefined ? {} : { keyVersion }) }
        this.#limits.granted(reply, { ...channel.reserve(0n, hold), hold }, this.#now, perRequestMax)
      },
      deposit: (id, channel) => this.#deposits.push({ id, channel }),
      guard: () => this.#guard,
    })
    this.#guard = new GuardModel({
      channel: this.#channels[0],
      book: () => this.#book,
      now: () => this.#now,
      reach,
    })
    this.#meters = new MeterModel({
      book: () => this.#book,
      now: () => this.#now,
      said: (what) => this.#said.push(what),
      reach,
      grown: (id, hold) => {
        this.#limits.grown(id, { ...this.#channels[0].reserve(0n, hold) }, this.#now)
        this.#passed = this.#limits.version
      },
    })
  }

  /** What happened so far in all histories: a check that nothing reaches proves nothing. */
  static readonly reached = new Map<string, number>()

  run(history: readonly Any[]): void {
    // Whose session it is comes with the first call; then one channel has money and one has none.
    this.#reserve({
      do: 'reserve',
      hold: 1n,
      above: 0n,
      call: 0,
      id: 9,
      digest: 0,
      deposit: 0n,
      second: false,
      period: undefined,
    })
    this.#book.acknowledge(this.#channels[0].observed(60n), this.#now)
    this.#book.acknowledge(this.#channels[1].observed(0n), this.#now)
    for (const step of history) {
      this.#step(step)
      this.#sessions.look()
    }
    this.#commit()
    // Faults stop: whoever waits is answered, every reservation ends.
    for (let i = 0; i < 3; i++) {
      this.#now += 130_000
      this.#tick()
      this.#commit()
    }
    expect([...this.#open.keys()], 'every call is answered').toEqual([])
    expect(this.#book.held.reservations, 'I7: every reservation ends').toEqual([])
    expect(this.#book.held.leases, 'I7: every lease ends').toEqual([])
    this.#drain()
  }

  /** I8: deposits and refunds come to their ends, every claim is answered, and all that is spent is settled or lost. */
  #drain(): void {
    for (const { id, channel } of this.#deposits.splice(0)) this.#acknowledge(channel.deposit(id, 1n, 'failed'))
    for (const { channel, order } of this.#refunds.splice(0)) {
      const { refundId, amount: paid, nonce } = order
      const { channelId } = channel
      this.#acknowledge({ kind: 'refund', channelId, refundId, amount: paid, claimed: 0n, nonce, status: 'failed' })
    }
    this.#commit()
    for (let i = 0; i < 6; i++) {
      for (const { total, channelId } of this.#claims.splice(0)) {
        const channel = this.#channels.find((each) => each.channelId === channelId)
        if (channel !== undefined) this.#acknowledge(channel.claim(BigInt(total), 'confirmed', true))
      }
      this.#now += 3_700_000
      this.#tick()
      this.#commit()
    }
    for (const { channelId } of this.#channels) {
      const numbers = this.#book.view(channelId)
      if (numbers === undefined) continue
      expect(numbers.settled + numbers.lost, 'I8: settled + lost = spent').toBe(numbers.spent)
      reach(numbers.lost === 0n ? 'drained whole' : 'drained with a loss')
    }
  }

  #step(step: Any): void {
    switch (step.do) {
      case 'reserve':
        return this.#reserve(step)
      case 'post':
      case 'mark':
        return this.#report(step.which, (reservationId) => ({
          kind: step.do,
          reservationId,
          amount: step.amount,
          ...(step.usage === undefined ? {} : { usage: step.usage }),
        }))
      case 'void':
        return this.#report(step.which, (reservationId) => ({ kind: 'void', reservationId, freesId: step.frees }))
      case 'answer': {
        const answer = { status: 200, headers: [], body: new Uint8Array([1]) }
        return this.#report(step.which, (reservationId) => ({ kind: 'answer', reservationId, answer }))
      }
      case 'observe': {
        const channel = this.#channels[step.second ? 1 : 0]
        const known = this.#book.channel(channel.channelId)
        const pending = this.#book.held.deposits.reduce((sum, [, { amount: more }]) => sum + more, 0n)
        // A node that lags shows at most what we know of; one that is ahead shows more.
        const more = pending === 0n ? step.more : 0n
        const left = known === undefined ? 0n : Ledger.funds(known) - known.claimed
        const gone = step.less < left ? step.less : left
        const balance = known === undefined ? step.more : Ledger.funds(known) + more - gone
        const refundNonce = known?.refundNonce ?? 0n
        const key =
          step.stop === 'none'
            ? {}
            : { keyStoppedAt: step.stop === 'lifted' ? 9_000_000_000 : 5, keyOver: step.stop === 'over' }
        const over = { withdrawRequestedAt: step.withdrawal ? 5 : 0, refundNonce, ...key }
        return this.#book.acknowledge(channel.observed(balance, over), this.#now)
      }
      case 'deposit': {
        const deposit = recent(this.#deposits, step.which)
        if (deposit !== undefined) this.#acknowledge(deposit.channel.deposit(deposit.id, step.amount, step.status))
        return
      }
      case 'claim': {
        const claim = recent(this.#claims, step.which)
        const channel = this.#channels.find(({ channelId }) => channelId === claim?.channelId)
        if (claim !== undefined && channel !== undefined) {
          this.#acknowledge(channel.claim(BigInt(claim.total), step.status, step.paid))
        }
        return
      }
      case 'refund': {
        const channel = this.#channels[step.second ? 1 : 0]
        const numbers = this.#book.view(channel.channelId)
        const max = numbers === undefined ? 0n : Ledger.base(numbers)
        const reply = this.#book.refund(
          channel.refund(max, step.amount === 0n ? {} : { amount: step.amount }),
          this.#now,
        )
        reach(`refund ${reply.kind === 'refused' ? reply.code : reply.kind}`)
        if (reply.kind === 'granted') this.#said.push(() => this.#refunds.push({ channel, order: reply.refund }))
        return
      }
      case 'refunded': {
        const refund = recent(this.#refunds, step.which)
        if (refund === undefined) return
        const { refundId, amount: paid, nonce, claim } = refund.order
        const claimed = claim?.total ?? 0n
        const { channelId } = refund.channel
        return this.#acknowledge({
          kind: 'refund',
          channelId,
          refundId,
          amount: paid,
          claimed,
          nonce,
          status: step.status,
        })
      }
      case 'policy':
        return this.#setPolicy(step)
      case 'wait':
        this.#commit()
        this.#now += step.ms
        return this.#tick()
      case 'commit':
        return this.#commit()
      case 'fail':
        return this.#fail()
      case 'crash':
        this.#said = []
        this.#sessions.rollback()
        this.#open.clear()
        this.#book = this.#load()
        return
      case 'grow':
      case 'time': {
        const granted = recent(this.#granted, step.which)
        return granted === undefined ? undefined : this.#meters.step(step, granted)
      }
      case 'rules':
      case 'release':
      case 'broken':
        return this.#guard.step(step)
      default:
        return this.#sessions.step(step)
    }
  }

  #tick(): void {
    this.#book.tick(this.#now)
    this.#sessions.ticked()
  }

  /** A request under a session, or one that goes on after its lease, has a reservation. */
  #paid(
    id: string,
    command: Pick<Reserve, 'hold' | 'period'> & { requestId: string },
    keyVersion: number | undefined,
    epoch: number | undefined,
  ): void {
    expect(this.#taken.get(command.requestId), 'I2: an id is served once').toBeUndefined()
    this.#taken.set(command.requestId, id)
    this.#own(id, command, epoch)
    // What goes on after a lease was granted with it.
    if (id === command.requestId) return
    const reply = { reservationId: id, ...(keyVersion === undefined ? {} : { keyVersion }) }
    this.#limits.granted(reply, { ...this.#channels[0].reserve(0n, command.hold) }, this.#now)
    this.#passed = keyVersion
  }

  #own(id: string, command: Pick<Reserve, 'hold' | 'period' | 'requestId'>, epoch: number | undefined): void {
    const { hold, period } = command
    const marked = { amount: 0n, usage: undefined }
    this.#granted.push({ id, command, charged: undefined, hold, period, epoch, marked, posted: undefined })
  }

  #reserve(step: Extract<Step, { do: 'reserve' }>): void {
    const channel = this.#channels[step.second ? 1 : 0]
    const numbers = this.#book.view(channel.channelId)
    const max = (numbers === undefined ? 0n : Ledger.base(numbers)) + step.hold + step.above
    if (max < 0n) return
    const { callId, ...rest } = channel.reserve(max, step.hold, {
      digest: digestOf(step.digest),
      ...(step.id < 4 ? { requestId: `id-${step.id}` } : {}),
      ...(step.deposit === 0n ? {} : { deposit: { amount: step.deposit } }),
      ...(step.period === undefined ? {} : { period: step.period }),
    })
    const command: Reserve = step.call === 0 ? rest : { ...rest, callId: step.call < 6 ? `call-${step.call}` : callId! }
    const ticket = ++this.#tickets
    this.#open.set(ticket, command)
    this.#book.reserve(ticket, command, this.#now)
  }

  #setPolicy({ terms: asked, again, older }: Extract<Step, { do: 'policy' }>): void {
    this.#version += 2
    const policy = policyOf(asked, this.#version, this.#now)
    const { session } = this.#channels[0]
    const set = (each: typeof policy): void => {
      const before = this.#book.policy(this.#now)
      const reply = this.#book.setPolicy(session, each, this.#now)
      reach(`policy ${reply.applied}`)
      expect(reply.inFlight, 'requests in flight').toBe(this.#book.held.reservations.length)
      const changed = reply.applied && before?.policy.version !== each.version
      if (changed && each.status !== 'active') this.#sessions.stopped()
      expect(reply.leasedUntil, 'I10: up to when isolates may begin requests').toBe(this.#sessions.leasedUntil)
      const final = before?.policy.status === 'revoked' && each.status !== 'revoked'
      const known = before !== undefined && before.policy.version >= each.version
      expect(reply.applied, 'a newer policy is applied, but for one that undoes a revocation').toBe(
        known ? each === before.policy || each.version === before.policy.version : !final,
      )
      const status = each.status === 'frozen' && reply.leasedUntil > 0 ? 'freezing' : each.status
      if (status === 'freezing') reach('freezing')
      expect(reply, 'what is in force').toMatchObject(
        reply.applied ? { version: each.version, status } : { version: before!.policy.version },
      )
      if (reply.applied) this.#said.push(() => this.#limits.put(each))
    }
    set(policy)
    // Once more is as good as once, and an older one that comes late changes nothing.
    if (again && this.#book.policy(this.#now)?.policy.version === policy.version) set(policy)
    if (older && this.#book.policy(this.#now) !== undefined)
      set({ ...policy, version: this.#version - 1, spendCap: 1n })
  }

  #report(index: number, make: (reservationId: string) => Report): void {
    const granted = recent(this.#granted, index)
    if (granted === undefined) return
    const report = make(granted.id)
    const expiry = () => new Map(this.#book.held.reservations).get(granted.id)?.expiresAt
    const before = expiry()
    const { done, refused } = this.#book.report(report, this.#now)
    reach(`${report.kind} ${refused ?? done}`)
    const isLate = report.kind === 'mark' && refused !== undefined
    if (isLate) expect(expiry(), 'I6: money that is about to leave is waited for no longer').toBe(before)
    // What was marked stands there too.
    if (!done && !isLate) return
    if (report.kind === 'void' && report.freesId) this.#sessions.freed(granted.id)
    this.#said.push(() => {
      const { requestId } = granted.command
      if (report.kind === 'void' && report.freesId && requestId !== undefined) {
        if (this.#taken.get(requestId) === granted.id) this.#taken.delete(requestId)
      }
      if (report.kind === 'post' || report.kind === 'void') {
        expect(granted.charged, 'I7: a reservation ends once').toBeUndefined()
        granted.charged = report.kind === 'void' ? 0n : least(report.amount, granted.hold)
      }
      if (report.kind === 'post') granted.posted = { usage: report.usage }
      if (report.kind === 'mark' && report.amount >= granted.marked.amount) {
        const { usage = granted.marked.usage, amount: more } = report
        granted.marked = { amount: least(more, granted.hold), usage }
      }
    })
  }

  #acknowledge(event: ChainEvent): void {
    this.#book.acknowledge(event, this.#now)
    // Twice is as good as once.
    if (this.#now % 3 === 0) this.#book.acknowledge(event, this.#now)
  }

  /** The transaction throws half-way: everything is as it was, and whoever asked in this group is told so. */
  #fail(): void {
    const before = this.#store.load()
    const parked = new Set(this.#open.keys())
    const changes = this.#book.changes()
    expect(() =>
      this.#storage.transactionSync(() => {
        this.#store.write(changes)
        throw new Error('disk full')
      }),
    ).toThrow('disk full')
    this.#book.rollback()
    const { replies, claims } = this.#book.commit()
    expect([replies, claims]).toEqual([[], []])
    this.#said = []
    this.#sessions.rollback()
    expect(this.#store.load()).toEqual(before)
    this.#same()
    // Who was parked before still waits; the callers of this group were refused.
    for (const ticket of parked) if (!this.#stillParked(ticket)) this.#open.delete(ticket)
  }

  #audited = 0
  readonly #parked = new Set<number>()

  #stillParked(ticket: number): boolean {
    return this.#parked.has(ticket)
  }

  #commit(): void {
    const changes = this.#faults.write?.(this.#book.changes()) ?? this.#book.changes()
    this.#storage.transactionSync(() => this.#store.write(changes))
    const { replies, claims } = this.#book.commit()
    this.#passed = undefined
    this.#sessions.commit()
    for (const said of this.#said) said()
    this.#said = []
    let last: number | undefined = this.#passed
    for (const [ticket, reply] of replies) {
      // Versions rise with time: the last grant passed under the highest.
      if (reply.kind === 'granted') last = Math.max(last ?? 0, reply.keyVersion ?? 0) || undefined
      this.#replied(ticket, reply)
    }
    this.#parked.clear()
    for (const ticket of this.#open.keys()) this.#parked.add(ticket)
    for (const claim of claims) this.#claimed(claim)
    this.#same()
    this.#audit()
    this.#sessions.audit()
    this.#guard.audit(this.#store)
    this.#limits.audit(this.#book.policy(this.#now), ...this.#costs(), last)
  }

  #replied(ticket: number, reply: ReserveReply): void {
    const command = this.#open.get(ticket)
    if (command === undefined) throw new Error('a call was answered twice')
    this.#open.delete(ticket)
    reach(reply.kind === 'refused' ? reply.code : reply.kind)
    if (this.#parked.has(ticket)) reach(`${reply.kind} after being parked`)
    if (reply.kind === 'deposit') {
      const channel = this.#channels.find(({ channelId }) => channelId === command.channelId)
      if (channel !== undefined) this.#deposits.push({ id: reply.depositId, channel })
    }
    if (reply.kind === 'corrective' && reply.voucher !== undefined) {
      expect(reply.voucher.max).toBeGreaterThanOrEqual(reply.channel!.chargedCumulative)
    }
    if (reply.kind !== 'granted') return
    const { requestId } = command
    if (requestId !== undefined) {
      const owner = this.#taken.get(requestId)
      expect(owner, 'I2: an id is served once').toBeUndefined()
      this.#taken.set(requestId, reply.reservationId)
    }
    expect(command.voucher.max).toBeGreaterThanOrEqual(reply.channel.chargedCumulative)
    expect(reply.channel.balance).toBeGreaterThanOrEqual(reply.channel.chargedCumulative)
    this.#own(reply.reservationId, command, undefined)
    this.#limits.granted(reply, command, this.#now)
  }

  #claimed(claim: ClaimMessage): void {
    this.#claims.push(claim)
    reach(`claim ${claim.reason} ${claim.attempt > 0 ? 'again' : 'first'}`)
    expect(BigInt(claim.max)).toBeGreaterThanOrEqual(BigInt(claim.total))
    expect(BigInt(claim.signature), 'I4: claimed under a voucher that was signed').toBe(BigInt(claim.max))
    const numbers = this.#book.view(claim.channelId)!
    expect(numbers.spent).toBeGreaterThanOrEqual(BigInt(claim.total))
    expect(numbers.published).toBeGreaterThanOrEqual(BigInt(claim.max))
  }

  /** A restart would find what is there now. */
  #same(): void {
    const sorted = ({ channels, reservations, leases, deposits, counts, ...rest }: Loaded) => ({
      ...rest,
      sets: new Map(rest.sets),
      scopes: new Map(rest.scopes),
      snoozes: new Map(rest.snoozes),
      stops: new Map(rest.stops),
      failures: new Map(rest.failures),
      counts: new Map(counts),
      leases: new Map(leases),
      channels: new Map(channels),
      reservations: new Map(reservations),
      deposits: new Map(deposits),
    })
    const loaded = this.#store.load()
    expect(sorted(loaded), 'a restart changes nothing').toEqual(sorted(this.#book.held))
    if (loaded.policy === undefined) return
    const restarted = new Book(loaded, { reader: this.#store, id: () => '', dropped: () => {} }, settings)
    expect(restarted.policy(this.#now), 'usage after a restart').toEqual(this.#book.policy(this.#now))
  }

  /** The journal adds up to the numbers, without gaps, and charges each reservation once and within its hold. */
  #audit(): void {
    const rows = this.#store.journal(0, 10_000)
    for (const { kind, debit } of rows.slice(this.#audited)) reach(`journal ${kind} from ${debit}`)
    this.#audited = rows.length
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1))
    const owns = new Map(this.#granted.map((own) => [own.id, own]))
    this.#meters.audit(rows, owns)
    const charged = new Set<string>()
    for (const row of rows) {
      if (row.kind !== 'charge' || row.reservationId === undefined) continue
      expect(charged.has(row.reservationId), 'I7: a reservation is charged once').toBe(false)
      charged.add(row.reservationId)
      const hold = owns.get(row.reservationId)?.hold ?? this.#sessions.holdOf(row.reservationId) ?? 0n
      expect(BigInt(row.amount)).toBeLessThanOrEqual(hold)
    }
    for (const { channelId } of this.#channels) {
      const numbers = this.#book.view(channelId)
      if (numbers === undefined) continue
      const own = rows.filter((row) => row.channelId === channelId)
      const sums = Journal.sum(own.map(({ amount: text, ...row }) => ({ ...row, amount: BigInt(text) })))
      for (const [account, held] of Object.entries(Journal.balances(numbers))) {
        expect(sums.get(account) ?? 0n, `I5 ${account}`).toBe(held)
      }
    }
  }

  /** What each reservation has cost, or holds; and all of it, by the numbers of the channels. */
  #costs(): [ReadonlyMap<string, bigint>, bigint] {
    const costs = new Map<string, bigint>()
    for (const { kind, reservationId, amount: text } of this.#store.journal(0, 10_000)) {
      if (kind === 'charge') costs.set(reservationId!, BigInt(text))
    }
    for (const [id, { hold }] of this.#book.held.reservations) costs.set(id, hold)
    for (const [id, cost] of this.#sessions.costs(costs)) costs.set(id, cost)
    const numbers = this.#channels.map(({ channelId }) => this.#book.view(channelId))
    return [costs, numbers.reduce((sum, each) => sum + (each === undefined ? 0n : Ledger.base(each)), 0n)]
  }

  #load(): Book {
    const reader = this.#faults.reader?.(this.#store) ?? this.#store
    const ports: Ports = {
      reader,
      id: () => `n${String(++this.#ids).padStart(16, '0')}`,
      dropped: (error) => {
        throw error
      },
    }
    const book = new Book(this.#store.load(), ports, settings)
    this.#faults.book?.(book)
    this.#parked.clear()
    return book
  }
}

/** One of the last few, mostly the last. */
function recent<T>(items: readonly T[], index: number): T | undefined {
  return items.at(-1 - (index % Math.min(4, items.length || 1)))
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function reach(what: string): void {
  Model.reached.set(what, (Model.reached.get(what) ?? 0) + 1)
}
