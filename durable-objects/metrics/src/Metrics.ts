/** The Durable Object that counts what the events tell, and shows it to Prometheus. What is counted: README. */
import { DurableObject } from 'cloudflare:workers'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { MetricsApi, Standing } from '@pbstream/core/message/Metrics'
import * as Channels from './Channels.ts'
import { decided } from './Decisions.ts'
import { expose } from './Exposition.ts'
import { families } from './Families.ts'
import { type Row, type Sql, schema } from './Sql.ts'
import * as Things from './Things.ts'
import { type Labels, labelText, Totals } from './Totals.ts'

export class Metrics extends DurableObject implements MetricsApi {
  readonly #sql: Sql

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never)
    const { sql } = ctx.storage
    this.#sql = (query, ...bindings) => sql.exec<Row>(query, ...bindings).toArray()
    ctx.storage.transactionSync(() => sql.exec(schema))
  }

  async feed(v: 1, events: PbEvent[], done: { projected: number; failed: number }): Promise<void> {
    if (v !== 1) throw new Error('unknown version of feed')
    const now = Date.now()
    // Whole or not at all: rows and the sums of their differences stay together.
    this.#write((totals) => {
      for (const event of events) {
        if (event.kind === 'session') {
          Channels.count(this.#sql, totals, event, now)
          decided(this.#sql, totals, event)
        } else if (event.kind === 'transaction') Things.transaction(this.#sql, totals, event, now)
        else if (event.kind === 'incident') Things.incident(this.#sql, totals, event, now)
      }
      totals.add('projected', '', done.projected)
      totals.add('failures', '', done.failed)
      Things.prune(this.#sql, now)
    })
  }

  async standing(v: 1, now: Standing): Promise<void> {
    if (v !== 1) throw new Error('unknown version of standing')
    const { deadLetters, incidentsOpen, attempts = [], reconciledAt } = now
    const { stopsOpen, breakersOpen, alerts } = now
    this.#write((totals) => {
      for (const { channelId, attempt } of attempts) Channels.attempted(this.#sql, totals, channelId, attempt)
      this.#all('incidents_open', incidentsOpen, ({ what }) => ({ what }))
      this.#all('stops_open', stopsOpen, ({ scope, kind }) => ({ scope, kind }))
      this.#all('breakers_open', breakersOpen, ({ of }) => ({ of }))
      for (const { status, count } of alerts?.told ?? []) this.#set('alerts', labelText({ status }), count)
      if (alerts !== undefined) this.#set('alerts_dead', '', alerts.deadKept)
      for (const { queue, depth } of deadLetters ?? []) this.#set('dead_letters', labelText({ queue }), depth)
      if (reconciledAt !== undefined) this.#set('reconciled', '', reconciledAt)
    })
  }

  async render(v: 1): Promise<string> {
    if (v !== 1) throw new Error('unknown version of render')
    return expose(families(this.#sql, Date.now()))
  }

  #write(work: (totals: Totals) => void): void {
    this.ctx.storage.transactionSync(() => {
      const totals = new Totals(this.#sql)
      work(totals)
      totals.write()
    })
  }

  /** Puts counts of what there is now in the place of those before: what is not named there is none of. */
  #all<T extends { count: number }>(
    family: string,
    now: readonly T[] | undefined,
    labelsOf: (each: T) => Labels,
  ): void {
    if (now === undefined) return
    this.#sql(`UPDATE total SET value = '0' WHERE family = ?`, family)
    for (const each of now) this.#set(family, labelText(labelsOf(each)), each.count)
  }

  #set(family: string, labels: string, value: number): void {
    this.#sql('INSERT OR REPLACE INTO total (family, labels, value) VALUES (?, ?, ?)', family, labels, String(value))
  }
}
