/** Payment abuse of a key: each adds to, or changes, the payments of an honest one, and says from when to when. */
import { arrivals, charge, daytime, type Honest } from './Honest.ts'
import { COUNTRIES, DAY, END, HOUR, inOrder, MINUTE, START, type Payment } from './Payment.ts'
import type { Random } from './Random.ts'

export const attackKinds = ['drain', 'bleed', 'burst', 'spoof', 'sharing'] as const
export type AttackKind = (typeof attackKinds)[number]

export type Attack = { readonly kind: AttackKind; readonly from: number; readonly to: number }
export type Attacked = {
  readonly attack: Attack
  readonly payments: Payment[]
  readonly stolen: (p: Payment) => boolean
}

/** Begins in the second week; nobody tells the detector when. */
export function attacked(kind: AttackKind, host: Honest, r: Random): Attacked {
  const from = Math.floor(START + r.between(7.5, 12) * DAY)
  const { added, kept, to } = makers[kind](host, from, r)
  const stolen = new Set(added)
  return {
    attack: { kind, from, to: Math.min(to, END) },
    payments: inOrder([...kept, ...added]),
    stolen: (payment) => stolen.has(payment),
  }
}

type Made = { added: Payment[]; kept: Payment[]; to: number }
type Maker = (host: Honest, from: number, r: Random) => Made

const makers: Record<AttackKind, Maker> = { drain, bleed, burst, spoof, sharing }

/** A stolen key is emptied: large amounts, fast, mostly from elsewhere and often to a seller of the thief's own. */
function drain({ home, payments }: Honest, from: number, r: Random): Made {
  const to = from + r.between(5, 60) * MINUTE
  const [rate, factor] = [r.between(10, 120), r.between(2, 20)]
  const own = r.chance(0.5) ? { payee: r.name(8), route: r.name(6) } : {}
  const where = r.chance(0.1)
    ? {}
    : { place: r.name(6), country: r.chance(0.75) ? elsewhere(home.country, r) : home.country }
  const added = arrivals(r, from, to, () => rate).map((at) => {
    const payment = charge(r, at, home, { ...own, ...where })
    return { ...payment, amount: Math.ceil(payment.amount * factor) }
  })
  return { added, kept: payments, to }
}

/** A thief who means to stay: a part of the usual traffic more, at all hours, for days; half of them begin low and climb. */
function bleed({ home, payments }: Honest, from: number, r: Random): Made {
  const to = from + r.between(1.5, 4) * DAY
  const share = r.between(0.15, 0.6)
  const usual = payments.filter(({ at }) => at >= from - 7 * DAY && at < from).length / (7 * 24 * 60)
  const climbs = r.chance(0.5)
  const where = r.chance(0.5)
    ? { place: r.name(6), country: r.chance(0.5) ? elsewhere(home.country, r) : home.country }
    : {}
  const rate = (at: number): number => usual * share * (climbs ? (2 * (at - from)) / (to - from) : 1)
  return { added: arrivals(r, from, to, rate).map((at) => charge(r, at, home, where)), kept: payments, to }
}

/** The owner's own agent runs away: nothing is new but how much. */
function burst({ home, payments }: Honest, from: number, r: Random): Made {
  const to = from + r.between(10, 120) * MINUTE
  const rate = Math.min(600, Math.max(30, busyRate(payments, from) * r.between(5, 30)))
  return { added: arrivals(r, from, to, () => rate).map((at) => charge(r, at, home)), kept: payments, to }
}

/** A seller, or who took over its usage reports, charges more for the same; half climb to it over some hours. */
function spoof({ home, payments }: Honest, from: number, r: Random): Made {
  const to = from + r.between(0.5, 3) * DAY
  const [factor, climb] = [r.between(2, 12), r.chance(0.5) ? r.between(2, 12) * HOUR : 1]
  const payee = home.offers[0]!.payee
  const touched = (each: Payment): boolean => each.at >= from && each.at < to && each.payee === payee
  const added = payments.filter(touched).map((each) => {
    const factorNow = 1 + (factor - 1) * Math.min(1, (each.at - from) / climb)
    return { ...each, amount: Math.ceil(each.amount * factorNow) }
  })
  return { added, kept: payments.filter((each) => !touched(each)), to }
}

/** The key goes round: strangers with their own days, networks and often countries use it beside its owner. */
function sharing({ home, payments }: Honest, from: number, r: Random): Made {
  const usual = payments.filter(({ at }) => at >= from - 7 * DAY && at < from).length / (7 * 24 * 60)
  const abroad = r.chance(0.6)
  const added = Array.from({ length: r.whole(5, 40) }).flatMap(() => {
    const where = { place: r.name(6), country: abroad ? r.pick(COUNTRIES) : home.country }
    const [since, shift] = [from + r.exponential(DAY / 2), r.between(0, 24)]
    const rate = Math.max(usual * r.between(0.05, 0.5), 0.005)
    return arrivals(r, since, END, (at) => rate * daytime(at, shift, 1)).map((at) => charge(r, at, home, where))
  })
  return { added, kept: payments, to: END }
}

/** Calls a minute in those minutes in which there are any, in the week before. */
function busyRate(payments: readonly Payment[], before: number): number {
  const week = payments.filter(({ at }) => at >= before - 7 * DAY && at < before)
  const minutes = new Set(week.map(({ at }) => Math.floor(at / MINUTE)))
  return week.length / Math.max(1, minutes.size)
}

function elsewhere(country: string, r: Random): string {
  return r.pick(COUNTRIES.filter((each) => each !== country))
}
