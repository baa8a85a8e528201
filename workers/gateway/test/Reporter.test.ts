import type { SessionReserve } from '@pbstream/core/message/PaidSession'
import type { Report, Reserve } from '@pbstream/core/message/Session'
import { describe, expect, it } from 'vitest'
import { pay, report, reserve, tell } from '../src/Reporter.ts'
import { FakeSession } from './support/world.ts'

const post = (n: number): Report => ({ kind: 'post', reservationId: `r${n}`, amount: BigInt(n) })
let names = 0

describe('reports of one isolate for one session', () => {
  it('travel together while a call is under way, in order, each once', async () => {
    const session = new FakeSession()
    const first = Promise.withResolvers<void>()
    session.onReport = () => (session.calls.length === 1 ? first.promise : undefined)
    const name = `s${++names}`
    const send = (n: number) => report(name, () => session, post(n))
    const one = send(1)
    await Promise.resolve()
    const others = Array.from({ length: 50 }, (_, i) => send(i + 2))
    first.resolve()
    const replies = await Promise.all([one, ...others])
    expect(replies).toHaveLength(51)
    expect(replies.every((reply) => reply?.done === true)).toBe(true)
    expect(session.calls.length).toBeLessThanOrEqual(3)
    expect(session.reports.map((each) => each.reservationId)).toEqual(Array.from({ length: 51 }, (_, i) => `r${i + 1}`))
  })

  it('travel with the next reservation, and come again when its group was not written', async () => {
    const session = new FakeSession()
    const name = `s${++names}`
    const command = { v: 1 } as Reserve
    session.decide = () => ({ kind: 'refused', code: 'request_in_flight' })
    const posted = tell(name, () => session, post(1))
    await reserve(name, () => session, command)
    await posted
    expect([session.reports, session.calls]).toEqual([[post(1)], []])
    session.decide = () => ({ kind: 'refused', code: 'temporarily_unavailable' })
    const again = tell(name, () => session, post(2))
    await reserve(name, () => session, command)
    await again
    expect(session.calls).toEqual([1])
  })

  it.each<Report>([
    post(1),
    { kind: 'void', reservationId: 'r1', freesId: true },
    { kind: 'mark', reservationId: 'r1', amount: 1n },
    { kind: 'time', reservationId: 'r1', op: 'stop' },
  ])('whose replies decide something bring them back, beside other calls too ($kind)', async (what) => {
    const session = new FakeSession()
    const name = `s${++names}`
    session.decide = () => ({ kind: 'in_flight' })
    session.decidePaid = () => ({ kind: 'in_flight' })
    session.reply = { done: false }
    const heard = report(name, () => session, what)
    const told = tell(name, () => session, post(2))
    await reserve(name, () => session, { v: 1 } as Reserve)
    await pay(name, () => session, { v: 1 } as SessionReserve)
    expect(session.reports).toEqual([post(2)])
    expect(await heard).toEqual({ done: false })
    await told
    expect(session.reports).toEqual([post(2), what])
    expect(session.calls).toEqual([1])
  })

  it('of different sessions do not wait for each other', async () => {
    const stuck = new FakeSession()
    stuck.onReport = () => new Promise(() => {})
    void report(`s${++names}`, () => stuck, post(1))
    expect(await report(`s${++names}`, () => new FakeSession(), post(1))).toEqual({ done: true })
  })

  it('are tried again on a fresh stub after a failure', async () => {
    const broken = new FakeSession()
    broken.onReport = () => {
      throw new Error('reset')
    }
    const whole = new FakeSession()
    let opened = 0
    expect(await report(`s${++names}`, () => (++opened === 1 ? broken : whole), post(1))).toEqual({ done: true })
    expect(whole.reports).toEqual([post(1)])
  })

  it('are given up, not repeated, when the object is overloaded: the reservation then expires uncharged', async () => {
    const session = new FakeSession()
    session.onReport = () => {
      throw Object.assign(new Error('overloaded'), { overloaded: true })
    }
    const name = `s${++names}`
    const replies = await Promise.all([report(name, () => session, post(1)), report(name, () => session, post(2))])
    expect(replies).toEqual([undefined, undefined])
    expect(session.calls.length).toBeLessThanOrEqual(3)
  })
})
