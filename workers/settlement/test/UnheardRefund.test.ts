/** A refund that its session has not heard of for long: what a look says of it, and what it does not say. */
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { RefundSubmission } from '@pbstream/core/message/Settlement'
import { lower } from '@pbstream/core/Hex'
import { NonceLane } from '@pbstream/nonce-lane/NonceLane'
import { afterEach, expect, test, vi } from 'vitest'
import {
  type Channel,
  channel,
  channelState,
  client,
  fundChannel,
  gas,
  random32,
  sent,
  token,
} from './support/chain.ts'
import { lane, operations, session, settlement, told } from './support/worker.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

/** A channel with money and a session of its own, which is owed word of this refund; it is not handed over yet. */
async function unheard(): Promise<{ of: Channel; order: RefundSubmission }> {
  const of = channel({ payerAuthorizer: lower(`0x${random32().slice(2, 42)}`) })
  await fundChannel(of, 10_000n)
  const refund = { refundId: crypto.randomUUID(), amount: 7_000n, nonce: 0n }
  const { receiver, token: paidIn } = of.config
  const numbers = { provisional: '0', deposited: '10000', returned: '0', accepted: '0', claimed: '0', lost: '0' }
  const rest = { spent: '0', settled: '0', revision: 1 }
  await session(of.name).say({
    standing: {
      snapshot: { channelId: of.id, receiver, token: paidIn, ...numbers, ...rest },
      config: of.config,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
      refundInFlight: true,
      refundSince: Date.now() - 600_000,
      refundUnheard: refund,
      attempt: 0,
      depositsWanted: 0n,
    },
  })
  return { of, order: { v: 1, session: of.session, channelId: of.id, config: of.config, ...refund, waitMs: 0 } }
}

const look = (of: Channel) => settlement.observe(1, of.session, of.id, of.config)
const said = (news: ChainEvent[]) => news.map((event) => ('status' in event ? event.status : event.kind))

test('while its transaction waits for a block, looks say nothing of it; when it is mined they do, even if nobody else does', async () => {
  const { of, order } = await unheard()
  await client.setAutomine(false)
  expect(await settlement.refund(order)).toMatchObject({ kind: 'pending' })
  expect(await look(of)).toEqual({ ok: true })
  expect(await operations.observe(1, { session: of.name, channelId: of.id }, of.config)).toEqual({ ok: true })
  expect(said(await told(of.name, of.id, 2)), 'silence is no failure').toEqual(['observed', 'observed'])
  await client.mine({ blocks: 1 })
  await look(of)
  const news = (await told(of.name, of.id, 4)).filter(({ kind }) => kind !== 'claim')
  const at = news.findIndex((event) => event.kind === 'refund' && event.status === 'overtaken')
  expect(news[at], 'what moved, the look beside it shows').toMatchObject({ refundId: order.refundId, claimed: 0n })
  expect(news[at + 1]).toMatchObject({ kind: 'observed', balance: 3_000n, refundNonce: 1n })
  expect(said(news)).not.toContain('failed')
})

test('when it never came to the lane it has failed, and coming after all it is refused', async () => {
  const { of, order } = await unheard()
  const before = await sent(gas.address)
  expect(await look(of)).toEqual({ ok: true })
  expect(await told(of.name, of.id, 2)).toMatchObject([
    { kind: 'refund', status: 'failed', refundId: order.refundId },
    { kind: 'observed', balance: 10_000n, refundNonce: 0n },
  ])
  expect(await settlement.refund(order)).toMatchObject({ kind: 'failed', code: 'temporarily_unavailable' })
  expect(await lane().status(1, `refund:${order.refundId}`)).toBeUndefined()
  expect([await sent(gas.address), (await channelState(of.id)).balance]).toEqual([before, 10_000n])
  const another = { ...order, refundId: crypto.randomUUID(), waitMs: 10_000 }
  expect(await settlement.refund(another), 'another is not').toMatchObject({ kind: 'mined' })
})

test('when its transaction reverted for good it has failed, also if the session did not hear it from the lane', async () => {
  const { of, order } = await unheard()
  await client.setAutomine(false)
  expect(await settlement.refund(order)).toMatchObject({ kind: 'pending' })
  const code = await client.getCode({ address: token })
  // The token refuses everybody for a block: revert(0, 0).
  await client.setCode({ address: token, bytecode: '0x5f5ffd' })
  await client.mine({ blocks: 1 })
  await client.setCode({ address: token, bytecode: code ?? '0x' })
  await look(of)
  expect(said(await told(of.name, of.id)), 'a revert may be reorganised away').toEqual(['observed'])
  await client.mine({ blocks: 2 })
  expect(await lane().poke(1, `refund:${order.refundId}`)).toMatchObject({ state: 'failed' })
  await look(of)
  expect(said(await told(of.name, of.id, 4))).toEqual(['observed', 'failed', 'failed', 'observed'])
})

test('when something else has used its nonce it is overtaken, whether it came to the lane or not', async () => {
  const { of, order } = await unheard()
  expect(await settlement.refund({ ...order, refundId: 'another', waitMs: 10_000 })).toMatchObject({ kind: 'mined' })
  await look(of)
  const news = await told(of.name, of.id, 3)
  const own = news.filter((event) => 'refundId' in event && event.refundId === order.refundId)
  expect(said(own)).toEqual(['overtaken'])
  expect(news.at(-1)).toMatchObject({ kind: 'observed', balance: 3_000n, refundNonce: 1n })
})

test('while its lane does not answer, looks go on and say nothing of it', async () => {
  const { of } = await unheard()
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.spyOn(NonceLane.prototype, 'giveUp').mockRejectedValue(new Error('overloaded'))
  expect(await look(of)).toEqual({ ok: true })
  expect(said(await told(of.name, of.id))).toEqual(['observed'])
})

test('in its first ten minutes nobody is asked for it', async () => {
  const { of, order } = await unheard()
  await session(of.name).say({})
  await look(of)
  expect(said(await told(of.name, of.id))).toEqual(['observed'])
  expect(await settlement.refund({ ...order, waitMs: 10_000 }), 'it was not given up').toMatchObject({ kind: 'mined' })
})
