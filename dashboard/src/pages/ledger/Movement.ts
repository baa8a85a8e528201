/** Double entry: what moved between the accounts of the provider's channels, read from the file of movements. Pure. */
import { cellsOf } from './CsvRecords.ts'

export type Movement = {
  /** Unix milliseconds. */
  at: number
  kind: string
  session: string
  seq: string
  channel: string
  from: string
  to: string
  /** Atomic units. */
  amount: bigint
  transaction: string | undefined
}

const COLUMNS = {
  at: 'time',
  kind: 'kind',
  session: 'session',
  seq: 'seq',
  channel: 'channel',
  from: 'from',
  to: 'to',
  amount: 'amount_atomic_units_6_decimals',
  transaction: 'transaction',
} as const

/** Reads lines of a file by the names in its header, in whatever order they are. */
export function readerOf(header: string): (line: string) => Movement {
  const names = cellsOf(header)
  const at = Object.fromEntries(Object.entries(COLUMNS).map(([key, name]) => [key, names.indexOf(name)]))
  return (line) => {
    const cells = cellsOf(line)
    const cell = (key: keyof typeof COLUMNS) => cells[at[key] ?? -1] ?? ''
    const amount = cell('amount')
    return {
      at: new Date(cell('at')).getTime(),
      kind: cell('kind'),
      session: cell('session'),
      seq: cell('seq'),
      channel: cell('channel'),
      from: cell('from'),
      to: cell('to'),
      amount: /^\d+$/.test(amount) ? BigInt(amount) : 0n,
      transaction: cell('transaction') === '' ? undefined : cell('transaction'),
    }
  }
}

export type Turnover = { kind: string; from: string; to: string; count: number; amount: bigint }

/** How much moved on each way, the largest first. */
export function turnoverOf(movements: readonly Movement[]): Turnover[] {
  const ways = new Map<string, Turnover>()
  for (const { kind, from, to, amount } of movements) {
    const name = `${kind} ${from} ${to}`
    const way = ways.get(name) ?? { kind, from, to, count: 0, amount: 0n }
    ways.set(name, { ...way, count: way.count + 1, amount: way.amount + amount })
  }
  return [...ways.values()].toSorted((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0))
}

export type Entry = { account: string; given: bigint; received: bigint; change: bigint }

/** What each account gave and received. The changes add up to nothing: each movement is in two accounts. */
export function entriesOf(movements: readonly Movement[]): Entry[] {
  const entries = new Map<string, Entry>()
  const add = (account: string, given: bigint, received: bigint) => {
    const entry = entries.get(account) ?? { account, given: 0n, received: 0n, change: 0n }
    entries.set(account, {
      account,
      given: entry.given + given,
      received: entry.received + received,
      change: entry.change + received - given,
    })
  }
  for (const { from, to, amount } of movements) {
    add(from, amount, 0n)
    add(to, 0n, amount)
  }
  return [...entries.values()].toSorted((a, b) => a.account.localeCompare(b.account))
}
