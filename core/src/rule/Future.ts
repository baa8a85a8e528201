/**
 * What features may be while leases are out: of any call under one of them, at any time of its life, in whatever order
 * calls come. Ranges that hold for sure; `anomaly.*` are taken as they are now.
 */
import { exactly, type Range, type Ranges } from '../Formula.ts'
import type { Verdict } from '../Anomaly.ts'
import { features, type FeatureName } from './Feature.ts'
import { FAR, hourOf, inputs, int, MAX, share, weekdayOf, whole } from './Inputs.ts'
import { RATE, TODAY, type Ask, type KeyState, type OriginName, type Span, type View } from './KeyState.ts'
import type { Lists } from './Lists.ts'

/** What a lease is wished for, and what may happen beside it. */
export type LeaseWish = {
  /** The call that asks for it, as it was given to the state; each under it may cost as much. Its balance has leases out still in it. */
  readonly ask: Ask
  /** Of the last call that was judged. */
  readonly anomaly: Verdict
  /** The last moment at which a call under it can be judged, Unix milliseconds. */
  readonly until: number
  /** Calls that are wished for. */
  readonly count: number
  /** All other leases out: calls that are not reported yet, and what each may cost. */
  readonly out: readonly LeaseOut[]
  /** What was granted and is not settled: it may be taken back. */
  readonly inFlight: { readonly count: number; readonly amount: bigint }
}

export type LeaseOut = Pick<Ask, 'amount' | OriginName> & { readonly count: number }

/** As it is now, and as it will be at the end if nothing comes. */
export type Present = { readonly wish: LeaseWish; readonly state: KeyState; readonly now: View; readonly until: View }

/** Beside the present: what may have come before a call, and what averages may be then. */
type Future = Present & {
  readonly calls: number
  readonly amount: bigint
  readonly mean: Interval
  readonly deviation: Interval
}
type Interval = readonly [low: number, high: number]

const DAY = 86_400_000
const HOUR = 3_600_000
/** Sums of floating numbers are as near as this. */
const NEAR = 1e-9

export function present(state: KeyState, wish: LeaseWish): Present {
  const { ask, anomaly } = wish
  const until = Math.max(ask.at, wish.until)
  return { wish, state, now: state.view(ask, anomaly), until: state.view({ ...ask, at: until }, anomaly) }
}

/** For a lease of so many calls. As many calls like them, beside any lease, are allowed for. */
export function ranges(names: Iterable<string>, at: Present, count: number): Ranges {
  const { out, ask } = at.wish
  const before = 2 * count - 1
  const calls = out.reduce((sum, lease) => sum + lease.count, before)
  const amount = out.reduce((sum, lease) => sum + BigInt(lease.count) * lease.amount, BigInt(before) * ask.amount)
  const future = { ...at, calls, amount, ...averages(at, calls) }
  const found: Record<string, Range> = {}
  for (const name of names) if (Object.hasOwn(features, name)) found[name] = range(name as FeatureName, future)
  return found
}

/** Lists may lose entries meanwhile. */
export function listRanges(lists: Lists, { now, until }: Present): Ranges {
  const later = lists.at(until.ask.at)
  const sooner = lists.at(now.ask.at)
  return Object.fromEntries(
    Object.entries(sooner).map(([name, entries]) => {
      const [all, sure] = [entries as readonly string[], later[name] as readonly string[]]
      const gone = all === sure ? [] : all.filter((entry) => !sure.includes(entry))
      return [name, { type: 'list', sure, maybe: gone } as const]
    }),
  )
}

function range(name: FeatureName, future: Future): Range {
  const of = moving[name]
  return of === undefined ? exactly(inputs([name], future.now)[name]!) : of(future)
}

/** Those that are not the same for each call. */
const moving: Partial<Record<FeatureName, (future: Future) => Range>> = {
  'at.hour': ({ now, until }) => times(now.ask.at, until.ask.at, HOUR, hourOf, [0n, 23n]),
  'at.weekday': ({ now, until }) => times(now.ask.at, until.ask.at, DAY, weekdayOf, [1n, 7n]),
  // Money may come in at any time.
  'balance.left': ({ now, ...rest }) =>
    now.ask.balance === undefined ? between(0n, 0n) : between(leastLeft({ now, ...rest }), MAX),
  'balance.share': (future) => shareLeft(future),
  'drain.hour': (future) => drained(future),
  'key.hours': ({ now, until }) =>
    between(now.hours, Math.max(until.hours, now.calls === 0 ? Math.floor((until.ask.at - now.ask.at) / HOUR) : 0)),
  'key.calls': ({ now, calls }) => between(now.calls, now.calls + calls),
  'key.average': ({ mean: [low, high] }) => between(whole(low), whole(high)),
  'ratio.average': (future) => ratioAverage(future),
  'ratio.high': (future) => ratioHigh(future),
  'z.amount': (future) => distances(future),
  'count.minute': (future) => counts(future, 'minute'),
  'count.hour': (future) => counts(future, 'hour'),
  'count.day': (future) => counts(future, 'day'),
  'sum.minute': (future) => between(...sums(future, 'minute')),
  'sum.hour': (future) => between(...sums(future, 'hour')),
  'sum.day': (future) => between(...sums(future, 'day')),
  'failures.hour': ({ now, until, calls, wish }) =>
    between(until.failures(), now.failures() + calls + wish.inFlight.count),
  'distinct.routes': (future) => distinct(future, 'route'),
  'distinct.payees': (future) => distinct(future, 'payee'),
  'distinct.places': (future) => distinct(future, 'place'),
  'distinct.countries': (future) => distinct(future, 'country'),
  'new.route': (future) => fresh(future, 'route'),
  'new.payee': (future) => fresh(future, 'payee'),
  'new.place': (future) => fresh(future, 'place'),
  'new.country': (future) => fresh(future, 'country'),
}

function between(low: bigint | number, high: bigint | number): Range {
  return { type: 'int', low: int(BigInt(low)), high: int(BigInt(high)) }
}

/** Of a time that goes round, all of it where it begins anew between two moments. */
function times(from: number, to: number, unit: number, of: (at: number) => bigint, round: [bigint, bigint]): Range {
  const [first, last] = [of(from), of(to)]
  const isOneRound = to - from < unit && first <= last
  return isOneRound ? between(first, last) : between(...round)
}

function counts({ now, until, calls, wish }: Future, span: Span): Range {
  return between(Math.max(1, until.count(span) - wish.inFlight.count), now.count(span) + calls)
}

function sums({ now, until, amount, wish }: Future, span: Span): [low: bigint, high: bigint] {
  const low = until.sum(span) - wish.inFlight.amount
  return [low > now.ask.amount ? low : now.ask.amount, now.sum(span) + amount]
}

function leastLeft({ now, amount }: Future): bigint {
  return now.ask.balance!.left - amount
}

function shareLeft(future: Future): Range {
  const { balance } = future.now.ask
  if (balance === undefined) return between(0n, 0n)
  const left = leastLeft(future)
  if (balance.of <= 0n) return between(left < 0n ? -MAX : 0n, MAX)
  // What comes in brings the share of what is left nearer to all.
  const low = share(left, balance.of)
  return between(low < 1_000n ? low : 1_000n, MAX)
}

/** The most: all that may be spent is, and nothing comes in. It rises or falls all the way with what is spent. */
function drained(future: Future): Range {
  const { ask } = future.now
  if (ask.balance === undefined) return between(0n, 0n)
  const left = leastLeft(future)
  if (left <= 0n) return between(0n, MAX)
  const [one, other] = sums(future, 'hour').map((spent) => share(spent, spent - ask.amount + left)) as [bigint, bigint]
  return between(0n, one > other ? one : other)
}

function distinct({ now, until, wish }: Future, of: OriginName): Range {
  return between(until.distinct(of), Math.min(TODAY.most, now.distinct(of) + others(wish, of)))
}

/** Known now and at the end, and not pushed out meanwhile; or it may be either. */
function fresh({ now, until, wish, state }: Future, of: OriginName): Range {
  const isKnown = now.calls > 0 && !now.isNew(of) && !until.isNew(of) && !state.mayForget(of, others(wish, of))
  return { type: 'bool', true: !isKnown, false: true }
}

/** Names that other leases may bring. */
function others({ out, ask }: LeaseWish, of: OriginName): number {
  return new Set(out.map((lease) => lease[of])).size - (out.some((lease) => lease[of] === ask[of]) ? 1 : 0)
}

function ratioAverage({ now, mean: [low, high] }: Future): Range {
  const times = (mean: number): bigint => whole((Number(now.ask.amount) / mean) * 1_000)
  if (low > 0) return between(times(high), times(low))
  return between(0n, high > 0 ? MAX : 0n)
}

function ratioHigh({ now, until, wish }: Future): Range {
  const { amount } = now.ask
  const most = [now.high, amount, ...wish.out.map((lease) => lease.amount)].reduce((a, b) => (a > b ? a : b))
  const isOften = until.high > 0n
  return between(isOften ? share(amount, most) : 0n, share(amount, isOften ? until.high : 1n))
}

function distances({ now, calls, mean, deviation: [least, most] }: Future): Range {
  if (now.calls + calls < 2) return between(0n, 0n)
  const amount = Number(now.ask.amount)
  const [low, high] = [amount - mean[1], amount - mean[0]]
  const bounds = [strays(low, low < 0 ? least : most), strays(high, high < 0 ? most : least)] as const
  const mayBeNothing = now.calls < 2
  return between(
    whole(mayBeNothing ? Math.min(0, bounds[0]) : bounds[0]),
    whole(mayBeNothing ? Math.max(0, bounds[1]) : bounds[1]),
  )
}

/** Thousandths. */
function strays(from: number, deviation: number): number {
  if (from === 0) return 0
  return deviation === 0 ? Math.sign(from) * FAR : Math.max(-FAR, Math.min(FAR, (from / deviation) * 1_000))
}

/** Mean and deviation after up to so many calls, each of an amount that leases allow for. */
function averages({ now, wish }: Present, calls: number): Pick<Future, 'mean' | 'deviation'> {
  const amounts = [wish.ask.amount, ...wish.out.map((lease) => lease.amount)].map(Number)
  const [least, most] = [Math.min(...amounts), Math.max(...amounts)]
  const { mean, deviation } = now
  if (now.calls === 0) return { mean: [0, most], deviation: [0, most] }
  const stays = left(now.calls, calls)
  const low = least < mean ? (least + stays * (mean - least)) * (1 - NEAR) : mean
  const high = most > mean ? (most - stays * (most - mean)) * (1 + NEAR) : mean
  const widest = Math.max(mean, most) - Math.min(mean, least)
  return {
    mean: [Math.min(low, mean), Math.max(high, mean)],
    deviation: [deviation * Math.sqrt(stays) * (1 - NEAR), Math.max(deviation, widest * (1 + NEAR))],
  }
}

/** The share of the past in an average that many calls later: each has weight 1/n at first, and never less than `RATE`. */
function left(before: number, calls: number): number {
  const early = Math.min(calls, Math.max(0, Math.round(1 / RATE) - before))
  return (before / (before + early)) * (1 - RATE) ** (calls - early)
}
