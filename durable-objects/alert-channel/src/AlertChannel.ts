/**
 * Tells people on one channel: gathers alerts by core's `Line`, sends by alarm, tries again, and remembers what became of
 * the last messages. How something is sent is given by who hosts the class.
 *
 * What is taken from the line is written down before it is sent, so an object that dies in between sends it again a minute
 * later, under the same id: a message may come twice, and none is lost.
 */
import { DurableObject } from 'cloudflare:workers'
import * as Alert from '@pbstream/core/Alert'
import type { AlertChannelConfig, AlertDelivery, ResendReply, TestReply } from '@pbstream/core/message/AlertChannels'
import { Book } from './Book.ts'
import type { AlertChannelApi, Answer, ChannelTotals, Offered, Sending } from './Port.ts'

/** Messages that one alarm sends; of more, the next one does. */
const AT_ONCE = 10
/** Bounds of texts: the whole line has to fit a row of the storage. */
const TITLE = 100
const TEXT = 400
/** By hand, in an hour: a channel is no way to write to strangers. */
export const TESTS_AN_HOUR = 10
const HOUR = 3_600_000

export abstract class AlertChannel<Env = unknown> extends DurableObject<Env> implements AlertChannelApi {
  readonly #book: Book

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#book = new Book(ctx.storage.sql)
  }

  /** Makes one attempt. What it throws counts as a failure that may pass. */
  protected abstract send(sending: Sending): Promise<Answer>

  /** Told after each alarm, at least once, and may fail: numbers only. */
  protected abstract counted(channelId: string, totals: ChannelTotals): Promise<void>

  protected now(): number {
    return Date.now()
  }

  /** When an alarm that is wanted at a time is set to. */
  protected at(time: number): number {
    return time
  }

  async configure(v: 1, channel: AlertChannelConfig): Promise<void> {
    check(v)
    this.#configure(channel)
    await this.#wake()
  }

  async offer(v: 1, channel: AlertChannelConfig, alerts: readonly Offered[]): Promise<void> {
    check(v)
    this.#configure(channel)
    const config = this.#book.config!
    if (!config.enabled) return
    this.ctx.storage.transactionSync(() => {
      const now = this.now()
      const fresh = alerts.filter(({ id }) => this.#book.isNew(id, now))
      if (fresh.length === 0) return
      this.#book.line = fresh.reduce((line, alert) => Alert.offer(line, config.wishes, bounded(alert)), this.#book.line)
    })
    await this.#wake()
  }

  async forget(v: 1): Promise<void> {
    check(v)
    await this.ctx.storage.deleteAlarm()
    const { totals } = this.#book
    const id = this.#book.config?.id
    // Its totals stay counted: a metric does not fall.
    if (id !== undefined) await this.counted(id, { ...totals, deadKept: 0 }).catch(() => {})
    await this.ctx.storage.deleteAll()
    // The class is used again should the channel come back while the object is in memory.
    new Book(this.ctx.storage.sql)
  }

  async sendTest(v: 1, channel: AlertChannelConfig, testId: string, alert: Alert.Alert): Promise<TestReply> {
    check(v)
    this.#configure(channel)
    const config = this.#book.config!
    if (!config.enabled) return { kind: 'disabled' }
    const known = this.#book.ofTest(testId)
    if (known !== undefined) return { kind: 'tried', delivery: known }
    const now = this.now()
    const isTooMany = this.#book.testsSince(now - HOUR) >= TESTS_AN_HOUR
    const message = this.ctx.storage.transactionSync(() => {
      const id = this.#book.line.lastId + 1
      const { severity, at } = alert
      this.#book.line = { ...this.#book.line, lastId: id }
      const made: Alert.Message = { id, severity, from: at, to: at, count: 1, alerts: [bounded(alert)] }
      this.#book.begin(made, now, testId)
      return made
    })
    const answer = isTooMany ? TOO_MANY : await this.#attempt({ channel: config, message })
    // A test is not tried again: a person looks at it.
    this.#book.end(message.id, answer, answer.ok ? 'sent' : 'failed', null, this.now())
    return { kind: 'tried', delivery: this.#book.delivery(message.id)! }
  }

  async deliveries(v: 1, page: { before?: number; limit: number }): Promise<AlertDelivery[]> {
    check(v)
    return this.#book.deliveries(page)
  }

  async resend(v: 1, id: number): Promise<ResendReply> {
    check(v)
    const { config, line } = this.#book
    if (config === undefined) return { kind: 'unknown' }
    if (!config.enabled) return { kind: 'disabled' }
    const now = this.now()
    if (!line.dead.some((message) => message.id === id)) {
      return { kind: this.#book.delivery(id) === undefined ? 'unknown' : 'not_dead' }
    }
    this.ctx.storage.transactionSync(() => {
      this.#book.line = Alert.revive(line, now, id)
      this.#book.again(id, now)
    })
    await this.#wake()
    const delivery = this.#book.delivery(id)
    return delivery === undefined ? { kind: 'unknown' } : { kind: 'queued', delivery }
  }

  async totals(v: 1): Promise<ChannelTotals> {
    check(v)
    return this.#book.totals
  }

  override async alarm(): Promise<void> {
    for (let i = 0; i < AT_ONCE; i++) {
      const sending = this.#take()
      if (sending === undefined) break
      this.#settle(sending, await this.#attempt(sending))
    }
    await this.#wake()
    const { config, totals } = this.#book
    if (config !== undefined) await this.counted(config.id, totals).catch(() => {})
  }

  #take(): Sending | undefined {
    return this.ctx.storage.transactionSync(() => {
      const { config, line } = this.#book
      if (config?.enabled !== true) return undefined
      const now = this.now()
      const taken = Alert.take(line, config.wishes, now)
      if (taken.message === undefined) return undefined
      this.#book.line = taken.line
      this.#book.begin(taken.message, now)
      return { channel: config, message: taken.message }
    })
  }

  #settle({ channel, message: { id } }: Sending, answer: Answer): void {
    this.ctx.storage.transactionSync(() => {
      const now = this.now()
      const line = Alert.settle(this.#book.line, channel.wishes, now, id, answer)
      this.#book.line = line
      const again = line.sending.find(({ message }) => message.id === id)
      const nextAt = again === undefined ? null : Math.max(again.due, line.heldUntil)
      this.#book.end(id, answer, answer.ok ? 'sent' : again === undefined ? 'dead' : 'failed', nextAt, now)
    })
  }

  async #attempt(sending: Sending): Promise<Answer> {
    try {
      return await this.send(sending)
    } catch {
      // Whatever it says may hold an address or a secret.
      return { ok: false, error: 'failed' }
    }
  }

  #configure(channel: AlertChannelConfig): void {
    const known = this.#book.config
    if (known === undefined || channel.revision > known.revision) this.#book.config = channel
  }

  /** Sets the alarm to when there is something to send. */
  async #wake(): Promise<void> {
    const { config, line } = this.#book
    if (config?.enabled !== true) return
    const at = Alert.nextAt(line, config.wishes, this.now())
    if (at !== Infinity) await this.ctx.storage.setAlarm(this.at(at))
  }
}

const TOO_MANY: Answer = { ok: false, error: 'too_many_tests', isFinal: true }

function check(v: number): void {
  if (v !== 1) throw new Error('unknown version of the alert channel')
}

function bounded({ at, severity, group, title, text }: Alert.Alert): Alert.Alert {
  return { at, severity, group: group.slice(0, TITLE), title: cut(title, TITLE), text: cut(text, TEXT) }
}

/** Never in the middle of a character of two units. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const isSplit = /[\uD800-\uDBFF]/.test(text[most - 2]!)
  return `${text.slice(0, isSplit ? most - 2 : most - 1)}…`
}
