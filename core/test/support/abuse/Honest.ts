/** Honest agents: two weeks of payments of one key, for several ways of work. */
import { COUNTRIES, DAY, DAYS, END, HOUR, inOrder, MINUTE, START, type Payment } from './Payment.ts'
import type { Random } from './Random.ts'

/** What a key uses: where its owner sits, whom it pays, what a call costs there. */
export type Home = { readonly country: string; readonly places: string[]; readonly offers: Offer[] }
export type Offer = { readonly payee: string; readonly route: string; readonly price: number; readonly spread: number }

export const honestKinds = [
  'cron',
  'assistant',
  'coder',
  'batch',
  'crawler',
  'startup',
  'traveller',
  'mixed',
  'fleet',
  'phone',
] as const
export type HonestKind = (typeof honestKinds)[number]

export type Honest = { readonly kind: HonestKind; readonly home: Home; readonly payments: Payment[] }

export function honest(kind: HonestKind, r: Random): Honest {
  const offers = kind === 'crawler' ? r.whole(3, 6) : r.whole(1, 2)
  const home: Home = {
    country: r.pick(COUNTRIES),
    places: Array.from({ length: r.whole(1, 2) }, () => r.name(6)),
    offers: Array.from({ length: offers }, () => offer(r, kind)),
  }
  return { kind, home, payments: inOrder(makers[kind](home, r)) }
}

/** Token prices spread; prices of plain calls do not. */
function offer(r: Random, kind: HonestKind): Offer {
  const spread = kind === 'cron' || kind === 'batch' ? 0 : r.pick([0, 0.3, 0.6, 0.9])
  return { payee: r.name(8), route: r.name(6), price: Math.round(10 ** r.between(2.5, 5)), spread }
}

/** A charge of an honest call. */
export function charge(r: Random, at: number, home: Home, from: Partial<Payment> = {}): Payment {
  // The first offer is the one that is used most.
  const { payee, route, price, spread } = r.chance(0.7) ? home.offers[0]! : r.pick(home.offers)
  const amount = Math.max(1, Math.round(price * (spread === 0 ? 1 : r.lognormal(spread))))
  return { at: Math.floor(at), amount, payee, route, place: r.pick(home.places), country: home.country, ...from }
}

/** Calls that come by chance at a rate (calls a minute) that depends on the time. */
export function arrivals(r: Random, from: number, to: number, rate: (at: number) => number): number[] {
  const times: number[] = []
  for (let at = from; at < to; at += MINUTE) {
    const count = r.poisson(rate(at))
    for (let i = 0; i < count; i++) times.push(at + r.next() * MINUTE)
  }
  return times.filter((at) => at < to)
}

/** Between 0 and 1: awake in the day, less on weekends. `shift`: hours that the day is moved by. */
export function daytime(at: number, shift: number, weekend: number): number {
  const hour = ((at - START) / HOUR + shift) % 24
  const day = Math.floor(((at - START) / HOUR + shift) / 24) % 7
  const awake = Math.max(0, Math.sin(((hour - 6) / 17) * Math.PI)) * (hour > 6 && hour < 23 ? 1 : 0)
  return (0.02 + 0.98 * awake) * (day >= 5 ? weekend : 1)
}

const makers: Record<HonestKind, (home: Home, r: Random) => Payment[]> = {
  cron,
  assistant,
  coder,
  batch,
  crawler,
  startup,
  traveller,
  mixed,
  fleet,
  phone,
}

/** A timer: the same call every few minutes. */
function cron(home: Home, r: Random): Payment[] {
  const period = r.between(1, 20) * MINUTE
  const payments: Payment[] = []
  for (let at = START + r.next() * period; at < END; at += period) {
    if (!r.chance(0.003)) payments.push(charge(r, at + r.normal() * period * 0.01, home))
  }
  return payments
}

/** People ask it things, in their day. */
function assistant(home: Home, r: Random): Payment[] {
  const [peak, shift, weekend] = [10 ** r.between(-1, 0.4), r.between(0, 24), r.between(0.1, 1)]
  const moods = Array.from({ length: DAYS + 2 }, () => r.lognormal(0.2))
  const rate = (at: number): number => peak * daytime(at, shift, weekend) * moods[Math.floor((at - START) / DAY)]!
  return arrivals(r, START, END, rate).map((at) => charge(r, at, home))
}

/** Loops of tool calls, some minutes to an hour long, a few times a working day; context and cost grow in a loop. */
function coder(home: Home, r: Random): Payment[] {
  const [perDay, shift] = [r.between(3, 10), r.between(0, 24)]
  const starts = arrivals(r, START, END, (at) => (perDay / 600) * daytime(at, shift, 0.3))
  return starts.flatMap((start) => {
    const [calls, pause] = [Math.min(400, Math.round(60 * r.lognormal(0.8))), r.between(3, 12) * 1000]
    let at = start
    return Array.from({ length: calls }, (_, i) => {
      at += r.exponential(pause)
      const payment = charge(r, at, home)
      return { ...payment, amount: Math.round(payment.amount * (1 + (2 * i) / calls)) }
    })
  })
}

/** A job every night. */
function batch(home: Home, r: Random): Payment[] {
  const [hour, calls, length] = [r.next() * 24, 10 ** r.between(2, 3), r.between(5, 40) * MINUTE]
  const weekdays = r.chance(0.3)
  return Array.from({ length: DAYS }, (_, day) => day)
    .filter((day) => !weekdays || day % 7 < 5)
    .flatMap((day) => {
      const start = START + day * DAY + hour * HOUR + r.normal() * 2 * MINUTE
      const times = Array.from({ length: Math.round(calls * r.lognormal(0.15)) }, () => start + r.next() * length)
      return times.map((at) => charge(r, at, home))
    })
}

/** Many calls at all hours, to several sellers. */
function crawler(home: Home, r: Random): Payment[] {
  const rate = 10 ** r.between(-0.3, 0.6)
  return arrivals(r, START, END, () => rate).map((at) => charge(r, at, home))
}

/** A product that grows, and is deployed to another network every few days. */
function startup(home: Home, r: Random): Payment[] {
  const [peak, growth, shift] = [10 ** r.between(-1, 0), r.between(1.02, 1.1), r.between(0, 24)]
  const every = r.between(2, 5) * DAY
  const places = Array.from({ length: 8 }, () => r.name(6))
  const rate = (at: number): number => peak * growth ** ((at - START) / DAY) * (0.2 + 0.8 * daytime(at, shift, 0.8))
  return arrivals(r, START, END, rate).map((at) =>
    charge(r, at, home, { place: places[Math.floor((at - START) / every)]! }),
  )
}

/** A person's own agent: few calls, now and then from another country. */
function traveller(home: Home, r: Random): Payment[] {
  const [perDay, shift] = [r.between(8, 50), r.between(0, 24)]
  const stays = Array.from({ length: 8 }, (_, i) =>
    i < 2 || r.chance(0.5)
      ? { country: home.country, place: home.places[0]! }
      : { country: r.pick(COUNTRIES), place: r.name(6) },
  )
  const times = arrivals(r, START, END, (at) => (perDay / 600) * daytime(at, shift, 1))
  return times.map((at) => charge(r, at, home, stays[Math.floor((at - START) / (2 * DAY))]!))
}

/** A timer and people on one key. */
function mixed(home: Home, r: Random): Payment[] {
  return [...cron(home, r), ...assistant(home, r)]
}

/** Functions in a cloud: each call from any of many networks, in one country or two. */
function fleet(home: Home, r: Random): Payment[] {
  const countries = [home.country, r.chance(0.3) ? r.pick(COUNTRIES) : home.country]
  const networks = Array.from({ length: r.whole(5, 200) }, () => ({ place: r.name(6), country: r.pick(countries) }))
  const [rate, shift] = [10 ** r.between(-1, 0.3), r.between(0, 24)]
  const times = arrivals(r, START, END, (at) => rate * (0.3 + 0.7 * daytime(at, shift, 0.9)))
  return times.map((at) => charge(r, at, home, r.pick(networks)))
}

/** An agent on a phone: at home on one network, on the way on another each day. */
function phone(home: Home, r: Random): Payment[] {
  const [perDay, shift] = [r.between(20, 150), r.between(0, 24)]
  const mobile = Array.from({ length: DAYS + 2 }, () => r.name(6))
  const times = arrivals(r, START, END, (at) => (perDay / 600) * daytime(at, shift, 1))
  return times.map((at) => {
    const away = r.chance(0.5) && daytime(at, shift, 1) > 0.5
    return charge(r, at, home, { place: away ? mobile[Math.floor((at - START) / DAY)]! : home.places[0]! })
  })
}
