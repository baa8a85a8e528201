import { afterEach, describe, expect, test } from 'vitest'
import * as Batch from '../src/Batch.ts'
import {
  balanceOf,
  type Channel,
  channel,
  channelState,
  claimMessage,
  client,
  fundChannel,
  gas,
  sent,
  withdraw,
} from './support/chain.ts'
import { otherReceiver, receiver } from './support/keys.ts'
import { bindings, deliver, events, mine, session, told, until } from './support/worker.ts'

async function funded(amount = 1_000_000n, over: Partial<Channel['config']> = {}): Promise<Channel> {
  const made = channel(over)
  await fundChannel(made, amount)
  return made
}

afterEach(() => client.setAutomine(true))

describe('the claims queue', () => {
  test('settles a batch in one transaction and tells each session at depth k', async () => {
    const channels = await Promise.all([funded(), funded(), funded(1_000_000n, { receiver: otherReceiver })])
    const before = { sent: await sent(gas.address), a: await balanceOf(receiver), b: await balanceOf(otherReceiver) }
    const messages = await Promise.all(channels.map((each, i) => claimMessage(each, 500_000n, 100_000n + BigInt(i))))
    expect(await deliver(messages)).toEqual({ acked: [0, 1, 2], retried: [] })
    await until(async () => ((await balanceOf(otherReceiver)) > before.b ? true : undefined))
    expect(
      (await session(channels[0]?.name ?? '').taken()).filter(({ channelId }) => channelId === channels[0]?.id),
    ).toEqual([])
    await mine()
    for (const [i, each] of channels.entries()) {
      const [news] = await told(each.name, each.id)
      expect(news).toMatchObject({ kind: 'claim', status: 'confirmed', settled: true, total: 100_000n + BigInt(i) })
    }
    expect((await sent(gas.address)) - before.sent).toBe(1)
    expect((await balanceOf(receiver)) - before.a).toBe(200_001n)
    expect((await balanceOf(otherReceiver)) - before.b).toBe(100_002n)
  })

  test('F13: a row that a finalised withdrawal has killed is isolated, and the rest settles in one transaction', async () => {
    const channels = await Promise.all([funded(), funded(), funded(), funded(), funded()])
    const bad = channels[3] as Channel
    await withdraw(bad, 1_000_000n)
    const before = { sent: await sent(gas.address), paid: await balanceOf(receiver) }
    const messages = await Promise.all(channels.map((each) => claimMessage(each, 50_000n)))
    expect((await deliver(messages)).acked).toEqual([0, 1, 2, 3, 4])
    expect(await told(bad.name, bad.id)).toEqual([
      { kind: 'claim', channelId: bad.id, total: 50_000n, status: 'failed', settled: false },
    ])
    await mine(2)
    for (const each of channels)
      if (each !== bad) expect(await told(each.name, each.id)).toMatchObject([{ status: 'confirmed' }])
    expect((await sent(gas.address)) - before.sent).toBe(1)
    expect((await balanceOf(receiver)) - before.paid).toBe(200_000n)
  })

  test('F07: a batch delivered again, whole, in parts or in other company, is one transaction', async () => {
    const [a, b, c] = await Promise.all([funded(), funded(), funded()])
    const [ma, mb, mc] = await Promise.all([a, b, c].map((each) => claimMessage(each, 70_000n)))
    const before = await sent(gas.address)
    expect((await deliver([ma, mb])).acked).toEqual([0, 1])
    expect((await deliver([mb, ma])).acked).toEqual([0, 1])
    expect((await deliver([mb])).acked).toEqual([0])
    expect((await deliver([ma, mc, ma])).acked).toEqual([0, 1, 2])
    await mine(2)
    for (const each of [a, b, c]) expect(await told(each.name, each.id)).toHaveLength(1)
    expect((await deliver([ma, mb, mc])).acked, 'also when it is long done').toEqual([0, 1, 2])
    expect((await sent(gas.address)) - before).toBe(2)
  })

  test('a claim that is on chain already costs nothing and is reported', async () => {
    const each = await funded()
    await deliver([await claimMessage(each, 90_000n)])
    await mine(2)
    await told(each.name, each.id)
    const before = await sent(gas.address)
    const late = await claimMessage(each, 90_000n, 80_000n, { attempt: 1 })
    expect((await deliver([late])).acked).toEqual([0])
    expect((await told(each.name, each.id, 2))[1]).toMatchObject({ status: 'confirmed', total: 80_000n, settled: true })
    expect(await sent(gas.address)).toBe(before)
  })

  test('the highest total of a channel stands for all its messages in a batch', async () => {
    const each = await funded()
    const totals = [10_000n, 30_000n, 20_000n]
    const messages = await Promise.all(totals.map((total) => claimMessage(each, total)))
    expect((await deliver(messages)).acked).toEqual([0, 1, 2])
    await mine(2)
    expect(await told(each.name, each.id)).toMatchObject([{ total: 30_000n }])
    expect((await channelState(each.id)).totalClaimed).toBe(30_000n)
  })

  test('a row that failed before travels alone', async () => {
    const [a, b] = await Promise.all([funded(), funded()])
    const before = await sent(gas.address)
    await deliver([await claimMessage(a, 10_000n, 10_000n, { attempt: 1 }), await claimMessage(b, 10_000n)])
    await mine(2)
    await told(a.name, a.id)
    await told(b.name, b.id)
    expect((await sent(gas.address)) - before).toBe(2)
  })

  test('a row that keeps failing goes to the dead letters', async () => {
    const empty = channel()
    const hopeless = await claimMessage(empty, 10_000n, 10_000n, { attempt: 3 })
    expect(await deliver([hopeless])).toEqual({ acked: [], retried: [0] })
    expect((await session(empty.name).taken()).filter(({ channelId }) => channelId === empty.id)).toEqual([])
  })

  test('a session that does not take the bad news keeps its message in the queue', async () => {
    const empty = channel({ payerAuthorizer: `0x${'d1'.repeat(20)}` })
    const message = await claimMessage(empty, 10_000n)
    await session(empty.name).refuse(1)
    expect(await deliver([message])).toEqual({ acked: [], retried: [0] })
    expect(await deliver([message])).toEqual({ acked: [0], retried: [] })
    expect(await told(empty.name, empty.id)).toMatchObject([{ status: 'failed' }])
  })

  test('F20: what it does not know stays in the queue and spoils nothing', async () => {
    const each = await funded()
    const good = await claimMessage(each, 10_000n)
    const { channelId, ...missing } = good
    const wrongs = [
      { ...good, v: 2 },
      null,
      'claim',
      missing,
      { ...good, channelId: `0x${'00'.repeat(32)}` },
      { ...good, total: '10001' },
      { ...good, signature: '0x1' },
      { ...good, session: { ...good.session, chainId: 1 } },
      { ...good, config: { ...good.config, receiverAuthorizer: gas.address } },
    ]
    const result = await deliver([...wrongs, good])
    expect(result.retried).toEqual(wrongs.map((_, i) => i))
    expect(result.acked).toEqual([wrongs.length])
    await mine(2)
    await told(each.name, channelId)
  })

  test('while the chain does not answer every message stays in the queue', async () => {
    const each = await funded()
    const broken = { ...bindings, CHAINS: bindings.CHAINS.replace(/"rpcUrl":"[^"]*"/, '"rpcUrl":"http://127.0.0.1:1"') }
    const { deps } = await import('../src/Deps.ts')
    const { consume } = await import('../src/Claims.ts')
    const seen: string[] = []
    const message = {
      body: await claimMessage(each, 10_000n),
      attempts: 2,
      ack: () => seen.push('ack'),
      retry: (options?: QueueRetryOptions) => seen.push(`retry in ${options?.delaySeconds} s`),
    }
    await consume(deps(broken), [message], { minAmount: 0n })
    expect(seen).toEqual(['retry in 40 s'])
  })

  test('what is worth less than the configured minimum is left unclaimed unless its channel closes', async () => {
    const [small, closing] = await Promise.all([funded(), funded()])
    const { deps } = await import('../src/Deps.ts')
    const { consume } = await import('../src/Claims.ts')
    const acked: string[] = []
    const message = (name: string, body: unknown) => ({
      body,
      attempts: 1,
      ack: () => acked.push(name),
      retry: () => undefined,
    })
    const works = [
      message('small', await claimMessage(small, 999n)),
      message('closing', await claimMessage(closing, 999n, 999n, { reason: 'close' })),
    ]
    await consume(deps(bindings), works, { minAmount: 1_000n })
    expect(acked.sort()).toEqual(['closing', 'small'])
    await mine(2)
    expect(await told(small.name, small.id)).toMatchObject([{ status: 'deferred', waitMs: 3_600_000 }])
    expect(await told(closing.name, closing.id)).toMatchObject([{ status: 'confirmed' }])
  })
})

describe('while gas is dear', () => {
  test('small young claims wait, and those that are old or whose channel closes go in one transaction', async () => {
    const [young, old, closing, large] = await Promise.all([funded(), funded(), funded(), funded(1_000_000_000n)])
    const { deps } = await import('../src/Deps.ts')
    const { consume } = await import('../src/Claims.ts')
    const real = deps(bindings)
    // An ether is 2,000 USDC, and gas what it is on this chain: a row costs between 1 and 20,000 units.
    const { baseFee, priority } = await real.chains[0]!.rpc.market()
    const etherPrice = (1_000n * 10n ** 18n) / (30_000n * (baseFee + priority))
    const dear = real.chains.map((chain) => ({ ...chain, etherPrice, calmFeePerGas: 1n }))
    const on = { ...real, chain: (id: number) => dear.find(({ chainId }) => chainId === id) }
    const message = (body: unknown) => ({
      body,
      attempts: 1,
      ack: () => undefined,
      retry: () => expect.fail('retried'),
    })
    const before = await sent(gas.address)
    const works = [
      message(await claimMessage(young, 20_000n)),
      message(await claimMessage(old, 20_000n, 20_000n, { reason: 'age' })),
      message(await claimMessage(closing, 1n, 1n, { reason: 'close' })),
      message(await claimMessage(large, 900_000_000n)),
    ]
    await consume(on, works, { minAmount: 0n })
    await mine(2)
    expect(await told(young.name, young.id)).toMatchObject([{ status: 'deferred', waitMs: 300_000 }])
    for (const each of [old, closing, large]) {
      expect(await told(each.name, each.id)).toMatchObject([{ status: 'confirmed' }])
    }
    expect((await sent(gas.address)) - before).toBe(1)
  })
})

describe('the dead letters', () => {
  const queue = 'pbstream-claims-dlq'

  test('are recorded as incidents, and the session has its money unclaimed again', async () => {
    const each = channel()
    const message = await claimMessage(each, 10_000n, 10_000n, { attempt: 4 })
    expect(await deliver([message], { queue })).toEqual({ acked: [0], retried: [] })
    expect(await told(each.name, each.id)).toMatchObject([{ kind: 'claim', status: 'failed', total: 10_000n }])
    const incident = await until(async () =>
      events.find((event) => event.kind === 'incident' && event.what === 'claim_dead_letter'),
    )
    expect(incident).toMatchObject({ detail: { channelId: each.id, total: '10000', attempt: '4' } })
    expect(JSON.stringify(incident), 'I12').not.toContain(message.signature.slice(2))
    expect(JSON.stringify(incident), 'I12').not.toContain(each.config.payer.slice(2))
  })

  test('that nobody can read are recorded too', async () => {
    expect((await deliver([{ v: 9, secret: 'x' }], { queue })).acked).toEqual([0])
    const incident = await until(async () =>
      events.find((event) => event.kind === 'incident' && event.what === 'unknown_message'),
    )
    expect(JSON.stringify(incident)).not.toContain('secret')
  })

  test('stay until their session has taken the news', async () => {
    const each = channel({ payerAuthorizer: `0x${'d2'.repeat(20)}` })
    await session(each.name).refuse(1)
    const message = await claimMessage(each, 10_000n)
    expect((await deliver([message], { queue })).retried).toEqual([0])
    expect((await deliver([message], { queue })).acked).toEqual([0])
  })
})

describe('batches', () => {
  const row = (i: number, attempt = 0, to = receiver): Batch.Row => ({
    ...channel({ receiver: to, salt: `0x${i.toString(16).padStart(64, '0')}` }),
    session: '',
    chainId: 84532,
    contract: receiver,
    channelId: `0x${i.toString(16).padStart(64, '0')}`,
    max: 1n,
    total: 1n,
    signature: '0x',
    reason: 'amount',
    attempt,
  })

  const itemId = (rows: Batch.Row[]) => Batch.itemId(rows.map(Batch.key))

  test('have an id that depends on what is claimed and not on the order of messages', () => {
    const [a, b] = [row(1), row(2)]
    expect(itemId([a, b])).toBe(itemId([b, a]))
    expect(itemId([a, b])).not.toBe(itemId([a, { ...b, total: 2n }]))
    expect(itemId([a]), 'a new attempt is new work').not.toBe(itemId([{ ...a, attempt: 1 }]))
    expect(itemId([a]), 'so is a payout').not.toBe(Batch.itemId([Batch.recordKey(a)]))
  })

  test.each([[[]], [[0]], [[7]], [[0, 1, 2, 3, 4, 5, 6, 7]], [[2, 5]]])(
    'are bisected until exactly rows %j are out',
    async (bad) => {
      const rows = Array.from({ length: 8 }, (_, i) => row(i))
      let tests = 0
      const found = await Batch.isolate(rows, async (some) => {
        tests++
        return !some.some((each) => bad.includes(rows.indexOf(each)))
      })
      expect(found.bad).toEqual(rows.filter((_, i) => bad.includes(i)))
      expect(found.good).toEqual(rows.filter((_, i) => !bad.includes(i)))
      expect(tests).toBeLessThanOrEqual(15)
    },
  )
})
