/** What happens to honest keys in two weeks and is no abuse: a detector that stops them for it is wrong. */
import type { Honest } from './Honest.ts'
import { DAY, HOUR, inOrder, START, type Payment } from './Payment.ts'
import type { Random } from './Random.ts'

/** The same key with up to two such things in its life. */
export function lived({ home, payments, ...rest }: Honest, r: Random): Honest {
  let next = payments
  for (const change of [...Object.values(changes)].filter(() => r.chance(0.25)).slice(0, 2)) {
    next = change(next, START + r.between(3, 13) * DAY, r)
  }
  return { ...rest, home, payments: inOrder(next) }
}

type Change = (payments: Payment[], at: number, r: Random) => Payment[]

const changes: Record<string, Change> = {
  /** A seller's prices go up or down for good. */
  price(payments, from, r) {
    const factor = r.between(0.7, 1.5)
    return payments.map((each) => (each.at < from ? each : { ...each, amount: Math.ceil(each.amount * factor) }))
  },
  /** One more seller is used, for a third of the calls. */
  seller(payments, from, r) {
    const [payee, route] = [r.name(8), r.name(6)]
    return payments.map((each) => (each.at < from || !r.chance(0.3) ? each : { ...each, payee, route }))
  },
  /** The owner moves to another network in the same country. */
  move(payments, from, r) {
    const place = r.name(6)
    return payments.map((each) => (each.at < from ? each : { ...each, place }))
  },
  /** Nothing for some hours. */
  silence(payments, from, r) {
    const to = from + r.between(2, 12) * HOUR
    return payments.filter(({ at }) => at < from || at >= to)
  },
  /** More work than usual for some hours. */
  campaign(payments, from, r) {
    const [to, more] = [from + r.between(1, 4) * HOUR, r.between(0.5, 1.5)]
    const extra = payments.filter(({ at }) => at >= from && at < to).flatMap((each) => repeat(each, r.poisson(more), r))
    return [...payments, ...extra]
  },
}

function repeat(payment: Payment, times: number, r: Random): Payment[] {
  return Array.from({ length: times }, () => ({ ...payment, at: payment.at + Math.floor(r.between(0, 60_000)) }))
}
