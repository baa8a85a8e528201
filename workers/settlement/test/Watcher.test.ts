import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { ChainEvent } from '@pbstream/core/message/Session'
import { watcherName } from '@pbstream/chain-watcher/Port'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  as,
  type Channel,
  chainId,
  channel,
  client,
  escrow,
  escrowChannel,
  freezeKey,
  fundChannel,
  initiateWithdraw,
  pass,
  payer,
  registeredKey,
  stranger,
  token,
  voucher,
} from './support/chain.ts'
import worker from './support/host.ts'
import { receiver } from './support/keys.ts'
import { bindings, mine, session, settlement } from './support/worker.ts'

const watcher = () => bindings.CHAIN_WATCHER.getByName(watcherName(chainId))
/** One alarm of the watcher. */
const look = () => runDurableObjectAlarm(watcher())

type Observed = Extract<ChainEvent, { kind: 'observed' }>

/** What a session was told of its channel since this was asked the last time. */
const heard = new Map<string, number>()
async function news(of: Channel): Promise<ChainEvent[]> {
  const all = (await session(of.name).taken()).filter(({ channelId }) => channelId === of.id)
  const from = heard.get(of.id) ?? 0
  heard.set(of.id, all.length)
  return all.slice(from)
}
const observed = (events: ChainEvent[]) => events.filter((event): event is Observed => event.kind === 'observed').at(-1)

/** A funded channel that the watcher follows and has read for good. */
async function followed(of: Channel = channel(), amount = 1_000_000n): Promise<Channel> {
  await fundChannel(of, amount)
  await settlement.observe(1, of.session, of.id, of.config)
  await mine(3)
  for (let i = 0; i < 3; i++) await look()
  expect(observed(await news(of))).toMatchObject({ balance: amount, withdrawRequestedAt: 0 })
  await look()
  expect(await news(of), 'nothing happens, nothing is told').toEqual([])
  return of
}

beforeEach(async () => {
  await mine(1)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await client.setAutomine(true)
})

describe('the chain watcher', () => {
  test('tells of a withdrawal asked for on chain within one alarm, and that it has lapsed when the time has come', async () => {
    const of = await followed(escrowChannel())
    await initiateWithdraw(of, 400_000n)
    await look()
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
    await pass(2 * of.config.withdrawDelay + 1)
    await look()
    expect(observed(await news(of)), 'no log says so').toMatchObject({ withdrawRequestedAt: 0, balance: 1_000_000n })
  })

  test('tells of one in the canonical contract, and of what is left when it is finalised', async () => {
    const of = await followed()
    await initiateWithdraw(of, 400_000n)
    await look()
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
    await pass(of.config.withdrawDelay + 1)
    const finalise = { abi: batchSettlementAbi, functionName: 'finalizeWithdraw', args: [of.config] }
    await as(payer.address, of.at.address, finalise)
    await look()
    expect(observed(await news(of))).toMatchObject({ withdrawRequestedAt: 0, balance: 600_000n })
  })

  test('tells every channel of a session key that it is frozen, when the stop has bitten at depth k, and when it is lifted', async () => {
    const salt = await registeredKey()
    const [of, other] = [
      await followed(escrowChannel({ salt })),
      await followed(escrowChannel({ salt, withdrawDelay: 901 })),
    ]
    const free = observed([...(await session(of.name).taken())].filter(({ channelId }) => channelId === of.id))
    await freezeKey(salt)
    await look()
    const [first, second] = [observed(await news(of)), observed(await news(other))]
    expect(first?.keyStoppedAt).toBeLessThan(free?.keyStoppedAt ?? 0)
    expect([first?.keyOver, second?.keyStoppedAt, second?.keyOver]).toEqual([false, first?.keyStoppedAt, false])
    await client.increaseTime({ seconds: 950 })
    await mine(1)
    await look()
    expect(observed(await news(of)), 'in the newest block only').toMatchObject({ keyOver: false })
    await mine(1)
    await look()
    expect(observed(await news(of))).toMatchObject({ keyOver: true, keyStoppedAt: first?.keyStoppedAt })
    await as(payer.address, escrow, { abi: streamChannelEscrowAbi, functionName: 'unfreezeKey', args: [salt] })
    await look()
    expect(observed(await news(of))).toMatchObject({ keyOver: false, keyStoppedAt: free?.keyStoppedAt })
  })

  test('tells of what others have claimed and paid out, at depth k', async () => {
    const of = await followed(escrowChannel())
    const row = { voucher: { channel: of.config, maxClaimableAmount: 900n }, totalClaimed: 700n }
    const claims = [{ ...row, signature: await voucher(of, 900n) }]
    await as(receiver, escrow, { abi: streamChannelEscrowAbi, functionName: 'claim', args: [claims] })
    await look()
    expect(await news(of), 'not yet final').toEqual([])
    await mine(1)
    await look()
    const claim = { kind: 'claim', total: 700n, status: 'confirmed' }
    expect(await news(of)).toContainEqual(expect.objectContaining({ ...claim, settled: false }))
    const payout = { abi: streamChannelEscrowAbi, functionName: 'settle', args: [receiver, token] }
    await as(stranger.address, escrow, payout)
    await mine(1)
    await look()
    expect(await news(of)).toContainEqual(expect.objectContaining({ ...claim, settled: true }))
  })

  test('F12: a deposit that a reorganisation takes away is told, and that it is back', async () => {
    const of = await followed()
    await fundChannel(of, 5n)
    await look()
    expect(observed(await news(of))?.balance).toBe(1_000_005n)
    await client.request({ method: 'anvil_reorg' as never, params: [1, []] as never })
    await look()
    expect(observed(await news(of))?.balance).toBe(1_000_000n)
    await fundChannel(of, 6n)
    await look()
    expect(observed(await news(of))?.balance).toBe(1_000_006n)
  })

  test('F01: goes on where it was when the object is evicted', async () => {
    const of = await followed()
    await initiateWithdraw(of, 400_000n)
    await evictDurableObject(watcher())
    await look()
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
  })

  test('F21: an alarm that was lost is set again by the watchdog', async () => {
    const of = await followed()
    await runInDurableObject(watcher(), (_, state) => state.storage.deleteAlarm())
    await initiateWithdraw(of, 400_000n)
    expect(await look(), 'there is none').toBe(false)
    await worker.scheduled(null as never, bindings)
    expect(await look()).toBe(true)
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
  })

  test('F10: a node that stops answering delays the news, and nothing else', async () => {
    const of = await followed()
    await initiateWithdraw(of, 400_000n)
    const real = globalThis.fetch
    let down = true
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      down ? Promise.reject(new TypeError('connection refused')) : real(input, init),
    )
    expect(await look(), 'and is armed again').toBe(true)
    expect(await news(of)).toEqual([])
    down = false
    expect(await look()).toBe(true)
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
  })

  test('a session that does not take the news hears it later', async () => {
    const of = await followed()
    await session(of.name).refuse(1)
    await initiateWithdraw(of, 400_000n)
    await look()
    expect(await news(of)).toEqual([])
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(now + 3_000)
    await look()
    vi.useRealTimers()
    expect(observed(await news(of))?.withdrawRequestedAt).toBeGreaterThan(0)
  })
})
