import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import type { LaneOrder } from '@pbstream/nonce-lane/Order'
import { parseGwei } from 'viem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Contract from '../src/Contract.ts'
import { balanceOf, chainId, channel, client, gas, payer, random32, sent, token, transfer } from './support/chain.ts'
import { receiver } from './support/keys.ts'
import { lane, laneStub, lastTold, mine, session, told, transactionEvents, until } from './support/worker.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

/** A transfer of 1 unit as a lane item, with a session that wants to hear of it. */
async function order(
  over: Partial<LaneOrder> = {},
): Promise<LaneOrder & { channelId: `0x${string}`; sessionName: string }> {
  const channelId = random32()
  const sessionName = channel().name
  return {
    chainId,
    signer: gas.address,
    id: crypto.randomUUID(),
    purpose: 'deposit',
    to: token,
    data: Contract.transferWithAuthorization(await transfer(1n)),
    acks: [{ session: sessionName, event: { kind: 'deposit', channelId, depositId: 'd', amount: 1n } }],
    keys: [],
    maxGas: 1_000_000n,
    channels: 1,
    amount: 1n,
    channelId,
    sessionName,
    ...over,
  }
}

const hashOf = (reply: Awaited<ReturnType<ReturnType<typeof lane>['submit']>>) =>
  (reply.kind === 'accepted' && reply.item.transaction) || expect.fail(`not accepted: ${reply.kind}`)

describe('a nonce lane', () => {
  test('reports mined, then confirmed at depth k, to the session and to the events queue', async () => {
    const item = await order()
    expect(await lane().submit(1, item)).toMatchObject({ kind: 'accepted', item: { state: 'open' } })
    // The node may still be at it when the first poke looks.
    const mined = await until(async () => {
      const seen = await lane().poke(1, item.id)
      return seen?.state === 'open' ? undefined : seen
    })
    expect(mined).toMatchObject({ state: 'mined', success: true })
    expect(await session(item.sessionName).taken(), 'told before poke answered').toContainEqual(
      expect.objectContaining({ channelId: item.channelId, status: 'mined', amount: 1n }),
    )
    await mine()
    const news = await told(item.sessionName, item.channelId, 2)
    expect(news.map((event) => 'status' in event && event.status)).toEqual(['mined', 'confirmed'])
    const last = await until(async () => transactionEvents(item.id).find(({ status }) => status === 'confirmed'))
    expect(last).toMatchObject({ purpose: 'deposit', chainId, signer: gas.address, amount: '1' })
    expect(transactionEvents(item.id).map(({ status }) => status)).toEqual(['submitted', 'mined', 'confirmed'])
  })

  test('gives many orders at once contiguous nonces, and one order many times one', async () => {
    const before = await sent(gas.address)
    const items = await Promise.all(Array.from({ length: 8 }, () => order({ acks: [] })))
    const replies = await Promise.all([...items, ...items].map((item) => lane().submit(1, item)))
    const nonces = replies.map((reply) => reply.kind === 'accepted' && reply.item.nonce)
    expect(nonces.slice(0, 8)).toEqual(nonces.slice(8))
    expect(new Set(nonces)).toEqual(new Set(Array.from({ length: 8 }, (_, i) => before + i)))
    await until(async () => ((await sent(gas.address)) === before + 8 ? true : undefined))
  })

  test('F11: a transaction that the pool forgets goes out again, and so does what waits behind it', async () => {
    await client.setAutomine(false)
    const [first, second] = [await order(), await order()]
    const hash = hashOf(await lane().submit(1, first))
    hashOf(await lane().submit(1, second))
    await client.dropTransaction({ hash })
    expect((await client.getTxpoolContent()).pending).not.toHaveProperty([hash])
    await until(async () => {
      await client.mine({ blocks: 1 })
      return (await lane().status(1, second.id))?.state === 'confirmed' ? true : undefined
    })
    expect(await lane().status(1, first.id)).toMatchObject({ state: 'confirmed', transaction: hash })
    for (const item of [first, second]) {
      expect(await lastTold(item.sessionName, item.channelId)).toMatchObject({ status: 'confirmed' })
    }
  })

  test('F10: a broadcast whose answer is lost keeps its nonce and its bytes', async () => {
    await client.setAutomine(false)
    const before = await sent(gas.address)
    const real = globalThis.fetch
    let lost = 0
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const answer = await real(input, init)
      if (!String(init?.body).includes('eth_sendRawTransaction') || lost > 0) return answer
      lost++
      throw new DOMException('timed out', 'TimeoutError')
    })
    const item = await order()
    const reply = await lane().submit(1, item)
    expect(lost).toBe(1)
    expect(reply).toMatchObject({ kind: 'accepted', item: { state: 'open', nonce: before } })
    expect(await lane().submit(1, item)).toEqual(reply)
    await client.mine({ blocks: 2 })
    await until(async () => ((await lane().status(1, item.id))?.state === 'confirmed' ? true : undefined))
    expect(await sent(gas.address)).toBe(before + 1)
  })

  test('a node that stops answering costs nothing but time', async () => {
    const item = await order()
    await client.setAutomine(false)
    hashOf(await lane().submit(1, item))
    const real = globalThis.fetch
    let down = true
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      down ? Promise.reject(new TypeError('connection refused')) : real(input, init),
    )
    expect(await lane().poke(1, item.id)).toMatchObject({ state: 'open' })
    expect(await lane().submit(1, await order())).toMatchObject({ kind: 'unavailable' })
    await runDurableObjectAlarm(laneStub())
    down = false
    await client.mine({ blocks: 2 })
    expect(await lane().poke(1, item.id)).toMatchObject({ state: 'confirmed' })
  })

  test('F01: an object that is evicted goes on where its journal ends', async () => {
    await client.setAutomine(false)
    const item = await order()
    const hash = hashOf(await lane().submit(1, item))
    await evictDurableObject(laneStub())
    await client.mine({ blocks: 2 })
    await until(async () => ((await lane().status(1, item.id))?.state === 'confirmed' ? true : undefined))
    expect(await lane().status(1, item.id)).toMatchObject({ transaction: hash })
    expect(await lastTold(item.sessionName, item.channelId)).toMatchObject({ status: 'confirmed' })
  })

  test('F21: an alarm that was lost is set again when the object wakes', async () => {
    await client.setAutomine(false)
    const item = await order()
    hashOf(await lane().submit(1, item))
    await runInDurableObject(laneStub(), (_instance, state) => state.storage.deleteAlarm())
    await evictDurableObject(laneStub())
    await lane().status(1, item.id)
    await client.mine({ blocks: 2 })
    await until(async () => ((await lane().status(1, item.id))?.state === 'confirmed' ? true : undefined))
  })

  test('F12: a transaction whose block is reorganised away is mined again, once', async () => {
    const before = await balanceOf(receiver)
    const item = await order()
    const hash = hashOf(await lane().submit(1, item))
    await until(async () => ((await lane().poke(1, item.id))?.state === 'mined' ? true : undefined))
    await client.request({ method: 'anvil_reorg' as never, params: [1, []] as never })
    await until(async () => {
      await client.mine({ blocks: 1 })
      return (await lane().status(1, item.id))?.state === 'confirmed' ? true : undefined
    })
    expect(await lane().status(1, item.id)).toMatchObject({ transaction: hash })
    expect((await balanceOf(receiver)) - before).toBe(1n)
  })

  test('a transaction that no block takes is replaced at the same nonce', async () => {
    await client.setAutomine(false)
    const before = await sent(gas.address)
    const item = await order()
    const hash = hashOf(await lane().submit(1, item))
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('20') })
    await client.mine({ blocks: 1 })
    expect((await client.getBlock()).transactions, 'too dear for it').toEqual([])
    // As if the time until a raise had passed, and blocks that did not take it.
    await runInDurableObject(laneStub(), (_instance, state) => {
      state.storage.sql.exec('UPDATE attempt SET taken_at = 0, taken_head = 0 WHERE hash = ?', hash)
    })
    await until(async () => ((await lane().status(1, item.id))?.transaction === hash ? undefined : true))
    await client.mine({ blocks: 2 })
    await until(async () => ((await lane().status(1, item.id))?.state === 'confirmed' ? true : undefined))
    expect(await client.getTransactionReceipt({ hash }).catch(() => undefined)).toBeUndefined()
    const done = await lane().status(1, item.id)
    expect(done).toMatchObject({ nonce: before, success: true })
    expect(await sent(gas.address)).toBe(before + 1)
  })

  test('a transaction that reverts in its block fails at depth k, and the next nonce goes on', async () => {
    await client.setAutomine(false)
    const authorization = await transfer(1n)
    const data = Contract.transferWithAuthorization(authorization)
    // Both pass when they are tested; only one can when they are mined.
    const [first, second] = [await order({ data }), await order({ data })]
    hashOf(await lane().submit(1, first))
    hashOf(await lane().submit(1, second))
    const third = await order()
    hashOf(await lane().submit(1, third))
    await client.mine({ blocks: 1 })
    expect(await lane().poke(1, second.id)).toMatchObject({ state: 'mined', success: false })
    expect((await session(second.sessionName).taken()).filter((event) => event.channelId === second.channelId)).toEqual(
      [],
    )
    await client.mine({ blocks: 1 })
    expect(await lane().poke(1, first.id)).toMatchObject({ state: 'confirmed' })
    expect(await lane().poke(1, second.id)).toMatchObject({ state: 'failed', error: 'reverted' })
    expect(await lane().poke(1, third.id)).toMatchObject({ state: 'confirmed' })
    expect(await told(second.sessionName, second.channelId)).toMatchObject([{ kind: 'deposit', status: 'failed' }])
  })

  test('what would revert takes no nonce', async () => {
    const before = await sent(gas.address)
    const data = Contract.transferWithAuthorization(await transfer(10n ** 30n, { from: payer.address }))
    expect(await lane().submit(1, await order({ data }))).toMatchObject({ kind: 'reverted', proven: false })
    const good = await order()
    expect(await lane().submit(1, good)).toMatchObject({ kind: 'accepted', item: { nonce: before } })
  })

  test('a report that its session refuses is delivered later, in order', async () => {
    const item = await order()
    await session(item.sessionName).refuse(1)
    hashOf(await lane().submit(1, item))
    await mine()
    await lane().poke(1, item.id)
    expect(await lastTold(item.sessionName, item.channelId)).toMatchObject({ status: 'confirmed' })
  })
})
