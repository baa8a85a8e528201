/** Money that is about to leave under what goes on for long: a withdrawal is asked for, or the key is stopped on chain. */
import * as Rate from '@pbstream/core/Rate'
import { describe, expect, it, vi } from 'vitest'
import { channelId, config, header, voucher } from './support/payer.ts'
import {
  offered,
  payer,
  rentals,
  type Rented,
  second,
  started,
  startedByVoucher,
  type State,
} from './support/rentals.ts'

/** Settlement has looked at the chain. */
function seen(
  at: Rented,
  over: { withdrawRequestedAt?: number; keyStoppedAt?: number } = {},
  balance = 100_000n,
): void {
  const look = { balance, totalClaimed: 0n, withdrawRequestedAt: 0, refundNonce: 0n, ...over }
  at.book.acknowledge({ kind: 'observed', channelId, config, ...look }, at.state.now)
  at.disk.write(at.book.changes())
  at.book.commit()
}
/** A unit for 100 seconds. */
const cheap = Rate.parse({
  v: 2,
  kind: 'card',
  components: [{ unit: 'second', price: { model: 'per_unit', amount: '1', per: '100' } }],
  maximum: '50000',
})
const secondOf = ({ state }: Rented): number => Math.floor(state.now / 1_000)
const tell = async (at: Rented, operation: string, id: string) =>
  (await at.say(operation, { v: 1, id })).json as unknown as State

describe('a rental', () => {
  it.each([
    ['withdrawal_pending', (now: number) => ({ withdrawRequestedAt: now })],
    ['session_key_stopped', (now: number) => ({ keyStoppedAt: now })],
  ])('that a voucher pays ends at the next heartbeat (%s), and costs what is proven by then', async (reason, over) => {
    const at = await rentals()
    const { id } = await startedByVoucher(at, 50_000n)
    at.state.now += 30 * second
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'running', amount: '300', hold: '50000' })
    seen(at, over(secondOf(at)))
    at.state.now += 30 * second
    const end = await tell(at, 'heartbeat', id)
    expect(end).toMatchObject({ kind: 'ended', reason, amount: '600', milliseconds: 60_000 })
    expect(at.numbers()).toMatchObject({ spent: 600n, reserved: 0n })
    // All of it can be claimed now, so nothing of it is gone when the money is.
    expect(at.book.channel(channelId)?.claiming).toMatchObject({ total: 600n })
    at.state.now += 30 * second
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'ended', amount: '600' })
    expect(at.numbers()).toMatchObject({ spent: 600n, lost: 0n })
  })

  it('is all that calls for hours, and has the chain looked at', async () => {
    const at = await rentals(100_000n, cheap)
    const { id } = await startedByVoucher(at, 50_000n)
    const looks = () => at.settlement.log.filter((each) => each === 'observe').length
    const before = looks()
    at.beats(config.withdrawDelay * 250 - 10 * second)
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'running' })
    expect(looks()).toBe(before)
    at.state.now += 10 * second
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'running' })
    await vi.waitUntil(() => looks() === before + 1)
    expect(await tell(at, 'heartbeat', id), 'once in a while').toMatchObject({ kind: 'running' })
    expect(looks()).toBe(before + 1)
    // What settlement saw is heard with the next one; and that it could not look ends nothing.
    at.settlement.observe = () => Promise.reject(new Error('settlement is away'))
    at.state.now += 31 * second
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'running' })
    seen(at, { withdrawRequestedAt: secondOf(at) })
    expect(await tell(at, 'heartbeat', id)).toMatchObject({ kind: 'ended', reason: 'withdrawal_pending' })
  })

  it('that is paused ends too, though its hold needs not grow', async () => {
    const at = await rentals()
    const { id } = await started(at)
    at.state.now += 30 * second
    expect(await tell(at, 'pause', id)).toMatchObject({ kind: 'paused', amount: '300' })
    seen(at, { withdrawRequestedAt: secondOf(at) })
    at.state.now += 30 * second
    const end = await tell(at, 'heartbeat', id)
    expect(end).toMatchObject({ kind: 'ended', reason: 'withdrawal_pending', amount: '300' })
    expect(at.numbers()).toMatchObject({ spent: 300n, reserved: 0n })
  })

  it('does not begin when it is seen between its payment and its start', async () => {
    const at = await rentals()
    const { session } = at
    const pay = session.pay
    session.pay = async (command) => {
      const reply = await pay(command)
      seen(at, { withdrawRequestedAt: secondOf(at) })
      return reply
    }
    const { headers } = await payer(at, 100_000n)
    const { json } = await at.say('start', at.startBody({ headers: await headers(50_000n) }))
    expect(json).toMatchObject({ code: 'withdrawal_pending' })
    expect(at.numbers()).toMatchObject({ spent: 0n, reserved: 0n })
  })
})

describe('a payment that was authorised', () => {
  async function authorized(at: Rented): Promise<string> {
    const { json } = await at.ask({ headers: header(await voucher(await offered(at), 1_000n)) })
    expect(json).toMatchObject({ kind: 'authorized' })
    return json['id'] as string
  }

  it('is kept alive by no mark, and charged by its capture, or by its last mark', async () => {
    for (const captures of [true, false]) {
      const at = await rentals(100_000n)
      const id = await authorized(at)
      expect((await at.call('mark', { v: 1, id, amount: '200' })).json).toMatchObject({ kind: 'marked' })
      seen(at, { withdrawRequestedAt: secondOf(at) })
      at.state.now += 60 * second
      const { status, json } = await at.call('mark', { v: 1, id, amount: '500' })
      expect([status, json.code]).toEqual([409, 'payment_ended'])
      if (captures) {
        const { json: captured } = await at.call('capture', { v: 1, id, amount: '700' })
        expect(captured).toMatchObject({ kind: 'captured', amount: '700' })
      }
      at.state.now += 31 * second
      at.book.tick(at.state.now)
      const spent = captures ? 700n : 500n
      expect(at.numbers()).toMatchObject({ spent, reserved: 0n, lost: 0n })
      expect(at.book.channel(channelId)?.claiming).toMatchObject({ total: spent })
    }
  })
})
