/**
 * How many rows go in one claim transaction: as many as its gas, its size and the cost of a failure allow. Pure.
 *
 * The figures are upper estimates of what was measured with cold slots and random salts; before anything is sent the
 * lane asks the node for the real figure.
 */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import * as SessionKey from '@pbstream/core/SessionKey'
import type { Row } from './Batch.ts'

/**
 * How rows are put on chain.
 * `whole`: `claimWithSignature`, then `settle` for each payee. One bad row makes the transaction revert.
 * `packed`: the escrow's `settleBatch` for each set of terms. A bad row is left out.
 */
export type Form = 'whole' | 'packed'

type Cost = {
  /** Gas of a transaction without rows; of what is paid once a group; of a row; and more of it under a session key. */
  base: number
  group: number
  row: number
  governed: number
  /** Bytes of the same. */
  bytes: { base: number; group: number; row: number }
  /** The chance that a row which passed the simulation makes the transaction revert. */
  revert: number
}

/** The chance that a payer's withdrawal is finalised in the seconds between simulation and block: a cautious guess. */
const WITHDRAWN = 1 / 20_000

const costs: Record<Form, Cost> = {
  whole: {
    base: 60_000,
    group: 65_000,
    row: 30_000,
    governed: 5_000,
    bytes: { base: 800, group: 160, row: 480 },
    revert: WITHDRAWN,
  },
  packed: {
    base: 30_000,
    group: 90_000,
    row: 15_000,
    governed: 3_500,
    bytes: { base: 500, group: 560, row: 160 },
    revert: 0,
  },
}

/** What a transaction must not pass. */
export type Limits = {
  gas: number
  bytes: number
  rows: number
  /** Gas that a transaction may lose on average: its gas times the chance that it reverts. */
  loss: number
}

/**
 * Nodes take no transaction above 128 KiB. Beyond 500 rows the fixed cost is below one part in a hundred.
 *
 * The loss: one more row saves its share of a transaction's fixed gas and puts all rows before it at risk. The two are
 * equal where the average loss is what one more transaction would cost.
 */
export function limits(maxBatchGas: number): Limits {
  const { base, group } = costs.whole
  return { gas: maxBatchGas, bytes: 128_000, rows: 500, loss: base + group }
}

/** One transaction in the making. */
export type Load = { rows: number; gas: number; bytes: number; groups: ReadonlySet<string> }

/** What it takes to put these rows on chain together. */
export function load(rows: readonly Row[], form: Form): Load {
  return rows.reduce((sum, row) => plus(sum, row, form), empty(form))
}

/** Gas that a transaction loses on average. */
export function loss({ gas, rows }: Pick<Load, 'gas' | 'rows'>, form: Form): number {
  return gas * (1 - (1 - costs[form].revert) ** rows)
}

/**
 * Transactions for these rows, each within the limits; a row that fits none goes alone. Rows of a group stay together.
 * Where one bad row takes all others with it, a row that failed before travels alone.
 */
export function split(rows: readonly Row[], form: Form, within: Limits): Row[][] {
  const batches: Row[][] = []
  let current: Row[] = []
  let now = empty(form)
  for (const row of groups(rows, form).flat()) {
    if (form === 'whole' && row.attempt > 0) {
      batches.push([row])
      continue
    }
    let next = plus(now, row, form)
    if (current.length > 0 && !fits(next, form, within)) {
      batches.push(current)
      current = []
      next = plus(empty(form), row, form)
    }
    current.push(row)
    now = next
  }
  return current.length > 0 ? [...batches, current] : batches
}

/** Gas of each of these rows when they go together: its own, and its share of what is paid once. */
export function gasEach(rows: readonly Row[], form: Form): number {
  return rows.length === 0 ? 0 : load(rows, form).gas / rows.length
}

/** Rows that share what is paid once: a payout, or the terms of a packed batch. */
export function groups(rows: readonly Row[], form: Form): Row[][] {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const name = groupOf(row.config, form)
    const group = found.get(name)
    if (group === undefined) found.set(name, [row])
    else group.push(row)
  }
  return [...found.values()]
}

function fits(sum: Load, form: Form, within: Limits): boolean {
  const { gas, bytes, rows } = sum
  return gas <= within.gas && bytes <= within.bytes && rows <= within.rows && loss(sum, form) <= within.loss
}

function empty(form: Form): Load {
  const { base, bytes } = costs[form]
  return { rows: 0, gas: base, bytes: bytes.base, groups: new Set() }
}

function plus(sum: Load, { config }: Row, form: Form): Load {
  const cost = costs[form]
  const name = groupOf(config, form)
  const isNew = !sum.groups.has(name)
  return {
    rows: sum.rows + 1,
    gas: sum.gas + cost.row + (SessionKey.governs(config.salt) ? cost.governed : 0) + (isNew ? cost.group : 0),
    bytes: sum.bytes + cost.bytes.row + (isNew ? cost.bytes.group : 0),
    groups: isNew ? new Set([...sum.groups, name]) : sum.groups,
  }
}

function groupOf({ receiver, receiverAuthorizer, token, withdrawDelay }: ChannelConfig, form: Form): string {
  const payee = `${receiver}:${token}`
  return form === 'whole' ? payee : `${payee}:${receiverAuthorizer}:${withdrawDelay}`
}
