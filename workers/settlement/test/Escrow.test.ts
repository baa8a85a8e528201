import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { Hex } from '@pbstream/core/Hex'
import type { ChainEvent } from '@pbstream/core/message/Session'
import { decodeFunctionData, encodeFunctionData } from 'viem'
import { afterEach, describe, expect, test } from 'vitest'
import type { Row } from '../src/Batch.ts'
import * as Sizing from '../src/Sizing.ts'
import {
  as,
  balanceOf,
  type Call,
  type Channel,
  channel,
  channelState,
  claimMessage,
  client,
  encode,
  escrow,
  escrowChannel,
  finalizeWithdraw,
  freezeKey,
  fundChannel,
  fundMany,
  gas,
  initiateWithdraw,
  pass,
  payer,
  registeredKey,
  sent,
  stranger,
  voucher,
} from './support/chain.ts'
import { otherReceiver, receiver } from './support/keys.ts'
import { deliver, events, mine, session, told, until } from './support/worker.ts'

const abi = streamChannelEscrowAbi
const thirdReceiver: Hex = `0x${'c3'.repeat(20)}`

afterEach(async () => {
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

async function funded(amount = 1_000_000n, over: Partial<Channel['config']> = {}): Promise<Channel> {
  const made = escrowChannel(over)
  await fundChannel(made, amount)
  return made
}

async function governed(key: Parameters<typeof registeredKey>[0] = {}, amount = 1_000_000n): Promise<Channel> {
  return funded(amount, { salt: await registeredKey(key) })
}

const claimed = async (of: Channel) => (await channelState(of.id, escrow)).totalClaimed
const confirmed = (total: bigint) => ({ kind: 'claim', status: 'confirmed', settled: true, total })
const failed = (total: bigint) => ({ kind: 'claim', status: 'failed', settled: false, total })

/** What a session was told about its channel, when it has heard the last of this claim. */
async function end(of: Channel, count = 1): Promise<ChainEvent[]> {
  await mine(2)
  return told(of.name, of.id, count)
}

/** Sends from an account whose transaction is to be mined before ours. */
async function ahead(account: Hex, data: Hex): Promise<void> {
  await client.setBalance({ address: account, value: 10n ** 20n })
  await client.impersonateAccount({ address: account })
  const fees = { maxPriorityFeePerGas: 10n ** 12n, maxFeePerGas: 10n ** 13n }
  await client.sendTransaction({ account, to: escrow, data, gas: 2_000_000n, ...fees })
}

/** The calldata of our transaction while it waits for its block, as anybody sees it. */
async function pending(): Promise<Hex> {
  return until(async () => {
    const { pending: pool } = await client.getTxpoolContent()
    const ours = Object.entries(pool).find(([address]) => address.toLowerCase() === gas.address)?.[1]
    return Object.values(ours ?? {})[0]?.input
  })
}

describe('claims of the escrow', () => {
  test('of three receivers settle in one transaction, and each session is told at depth k', async () => {
    const channels = await Promise.all([
      funded(),
      governed({ payees: [receiver] }),
      funded(1_000_000n, { receiver: otherReceiver }),
      funded(1_000_000n, { receiver: thirdReceiver }),
    ])
    const paid = () => Promise.all([receiver, otherReceiver, thirdReceiver].map(balanceOf))
    const before = { sent: await sent(gas.address), paid: await paid() }
    const messages = await Promise.all(channels.map((each, i) => claimMessage(each, 500_000n, 100_000n + BigInt(i))))
    expect(await deliver(messages)).toEqual({ acked: [0, 1, 2, 3], retried: [] })
    for (const [i, each] of channels.entries()) expect(await end(each)).toMatchObject([confirmed(100_000n + BigInt(i))])
    expect((await sent(gas.address)) - before.sent).toBe(1)
    const after = await paid()
    expect(after.map((amount, i) => amount - (before.paid[i] ?? 0n))).toEqual([200_001n, 100_002n, 100_003n])
  })

  test('settle beside those of the canonical contract, a transaction each', async () => {
    const [a, b, c] = [await funded(), channel(), await funded()]
    await fundChannel(b, 1_000_000n)
    const before = await sent(gas.address)
    const messages = await Promise.all([a, b, c].map((each) => claimMessage(each, 70_000n)))
    expect((await deliver(messages)).acked).toEqual([0, 1, 2])
    for (const each of [a, b, c]) expect(await end(each)).toMatchObject([confirmed(70_000n)])
    expect((await sent(gas.address)) - before).toBe(2)
    expect([a.name === c.name, a.name === b.name], 'sessions of the two contracts differ').toEqual([true, false])
  })

  test('F07: delivered again, whole, in parts or in other company, are one transaction', async () => {
    const [a, b, c] = await Promise.all([funded(), funded(), funded()])
    const [ma, mb, mc] = await Promise.all([a, b, c].map((each) => claimMessage(each, 70_000n)))
    const before = await sent(gas.address)
    expect((await deliver([ma, mb])).acked).toEqual([0, 1])
    expect((await deliver([mb, ma, mc])).acked).toEqual([0, 1, 2])
    await mine(2)
    for (const each of [a, b, c]) expect(await told(each.name, each.id)).toHaveLength(1)
    expect((await deliver([ma, mb, mc])).acked).toEqual([0, 1, 2])
    expect((await sent(gas.address)) - before).toBe(2)
  })

  test('above what a packed row can hold go in the form of the canonical contract', async () => {
    const [wide, plain] = await Promise.all([funded(), funded()])
    const messages = [await claimMessage(wide, 2n ** 97n, 300n), await claimMessage(plain, 2n ** 96n - 1n, 400n)]
    const before = await sent(gas.address)
    expect((await deliver(messages)).acked).toEqual([0, 1])
    expect(await end(wide)).toMatchObject([confirmed(300n)])
    expect(await end(plain)).toMatchObject([confirmed(400n)])
    expect((await sent(gas.address)) - before).toBe(2)
  })
})

describe('a row that the escrow would leave out', () => {
  test('is rejected by its outcome, and the good ones around it settle in one transaction', async () => {
    const [first, last] = await Promise.all([funded(), funded()])
    const unfunded = escrowChannel()
    const stopped = await governed()
    await freezeKey(stopped.config.salt)
    await pass(901)
    const forged = await funded()
    const atCeiling = await governed({ periodAmount: 500n, periodDuration: 86_400 })
    await deliver([await claimMessage(atCeiling, 500n)])
    await end(atCeiling)
    const bad = [unfunded, stopped, forged, atCeiling]
    const messages = [
      await claimMessage(first, 10_000n),
      await claimMessage(unfunded, 10_000n),
      await claimMessage(stopped, 10_000n),
      { ...(await claimMessage(forged, 10_000n)), signature: await voucher(forged, 10_000n, stranger) },
      await claimMessage(atCeiling, 10_000n),
      await claimMessage(last, 10_000n),
    ]
    const before = await sent(gas.address)
    expect((await deliver(messages)).acked).toEqual([0, 1, 2, 3, 4, 5])
    for (const each of bad) expect((await told(each.name, each.id)).at(-1)).toMatchObject(failed(10_000n))
    for (const each of [first, last]) expect(await end(each)).toMatchObject([confirmed(10_000n)])
    expect((await sent(gas.address)) - before).toBe(1)
    for (const each of [unfunded, stopped, forged]) expect(await claimed(each)).toBe(0n)
  })

  test('because its total is on chain already is reported at depth k', async () => {
    const [done, fresh] = await Promise.all([funded(), funded()])
    // Recorded by the receiver himself, not paid out and not final.
    const row = { voucher: { channel: done.config, maxClaimableAmount: 900n }, totalClaimed: 900n }
    const claims = [{ ...row, signature: await voucher(done, 900n) }]
    await as(receiver, escrow, { abi, functionName: 'claim', args: [claims] })
    const before = await balanceOf(receiver)
    expect((await deliver([await claimMessage(done, 900n), await claimMessage(fresh, 100n)])).acked).toEqual([0, 1])
    expect(await end(done)).toMatchObject([confirmed(900n)])
    expect(await end(fresh)).toMatchObject([confirmed(100n)])
    expect((await balanceOf(receiver)) - before, 'and paid out').toBe(1_000n)
  })

  test('goes to the dead letters when it keeps failing', async () => {
    const empty = escrowChannel()
    const good = await funded()
    const messages = [await claimMessage(empty, 10n, 10n, { attempt: 3 }), await claimMessage(good, 10n)]
    expect(await deliver(messages)).toEqual({ acked: [1], retried: [0] })
    expect(await end(good)).toMatchObject([confirmed(10n)])
  })

  test('with its whole group, because the token pays the receiver nothing, is recorded, and paid out when it can be', async () => {
    const odd: Hex = `0x${'70'.repeat(20)}`
    const [code, good] = [await client.getCode({ address: channel().config.token }), await funded()]
    await client.setCode({ address: odd, bytecode: code ?? '0x' })
    const mint: Call = {
      abi: [{ type: 'function', name: 'mint', inputs: [{ type: 'address' }, { type: 'uint256' }], outputs: [] }],
      functionName: 'mint',
      args: [payer.address, 10n ** 9n],
    }
    await as(stranger.address, odd, mint)
    const [a, b] = await Promise.all([funded(1_000n, { token: odd }), funded(1_000n, { token: odd })])
    // From now on every call of the token reverts.
    await client.setCode({ address: odd, bytecode: '0x5f5ffd' })
    const recorded = (total: bigint) => ({ ...confirmed(total), settled: false })
    const messages = await Promise.all([a, good, b].map((each) => claimMessage(each, 10n)))
    const before = await sent(gas.address)
    expect((await deliver(messages)).acked).toEqual([0, 1, 2])
    expect((await deliver(messages)).acked, 'delivered again, it is the same transaction').toEqual([0, 1, 2])
    // Once, or twice if it was final when the second delivery came.
    for (const news of await end(good)) expect(news).toMatchObject(confirmed(10n))
    for (const each of [a, b]) {
      expect(await told(each.name, each.id)).toMatchObject([recorded(10n)])
      expect(await claimed(each), 'no withdrawal takes it').toBe(10n)
    }
    expect((await sent(gas.address)) - before).toBe(2)

    const payouts = await Promise.all([a, b].map((each) => claimMessage(each, 10n, 10n, { reason: 'age' })))
    expect((await deliver(payouts)).acked).toEqual([0, 1])
    expect((await told(a.name, a.id, 2)).at(-1)).toMatchObject({ status: 'deferred', waitMs: 3_600_000 })
    expect((await sent(gas.address)) - before, 'costs no gas').toBe(2)
    const blocked = () =>
      events.filter(
        (event) => event.kind === 'incident' && event.what === 'receiver_blocked' && event.detail['token'] === odd,
      )
    await until(async () => (blocked().length > 0 ? true : undefined))
    expect(new Set(blocked().map((event) => 'id' in event && event.id)).size, 'one incident a day and receiver').toBe(1)

    await client.setCode({ address: odd, bytecode: code ?? '0x' })
    expect((await deliver(payouts)).acked).toEqual([0, 1])
    await mine(2)
    for (const each of [a, b]) expect((await told(each.name, each.id, 3)).at(-1)).toMatchObject(confirmed(10n))
  })
})

describe('what happens between the simulation and the block', () => {
  /** A batch of these claims waits in the pool. */
  async function waiting(claims: [Channel, bigint][]): Promise<void> {
    await client.setAutomine(false)
    const messages = await Promise.all(claims.map(([of, total]) => claimMessage(of, total)))
    expect((await deliver(messages)).retried).toEqual([])
  }

  /** The place in its block of the transaction that is reported. */
  async function positionOf(news: ChainEvent | undefined): Promise<number> {
    const { transaction = '0x' } = news as { transaction?: Hex }
    return (await client.getTransactionReceipt({ hash: transaction })).transactionIndex
  }

  test('a copy with a spoilt voucher leaves out one row: ours records it, and all are told so', async () => {
    const [a, b] = await Promise.all([funded(), funded()])
    const before = await balanceOf(receiver)
    await waiting([
      [a, 3_000n],
      [b, 4_000n],
    ])
    const { args } = decodeFunctionData({ abi, data: await pending() })
    const [terms, rows, signature] = args as [never, Hex, Hex]
    const spoilt: Hex = `${rows.slice(0, -2) as Hex}${rows.endsWith('00') ? '01' : '00'}`
    await ahead(
      stranger.address,
      encodeFunctionData({ abi, functionName: 'settleBatch', args: [terms, spoilt, signature] }),
    )
    await client.mine({ blocks: 1 })
    const [news] = await end(a)
    expect(news).toMatchObject(confirmed(3_000n))
    expect(await positionOf(news), 'the copy was first').toBe(1)
    expect(await end(b)).toMatchObject([confirmed(4_000n)])
    expect((await balanceOf(receiver)) - before).toBe(7_000n)
  })

  test('a copy that records and pays nobody: ours pays, and all are told so', async () => {
    const a = await funded()
    const before = await balanceOf(receiver)
    await waiting([[a, 3_000n]])
    const { args } = decodeFunctionData({ abi, data: await pending() })
    const row = { voucher: { channel: a.config, maxClaimableAmount: 3_000n }, totalClaimed: 3_000n }
    const claims = [{ ...row, signature: await voucher(a, 3_000n) }]
    const [, , signature] = args as [never, Hex, Hex]
    await ahead(stranger.address, encode({ abi, functionName: 'claimWithSignature', args: [claims, signature] }))
    await client.mine({ blocks: 1 })
    const [news] = await end(a)
    expect(news).toMatchObject(confirmed(3_000n))
    expect(await positionOf(news), 'the copy was first').toBe(1)
    expect((await balanceOf(receiver)) - before).toBe(3_000n)
  })

  test('a withdrawal is finalised: what is recorded is confirmed, what is not has failed, the others settle', async () => {
    const [whole, part, other] = await Promise.all([funded(10_000n), funded(10_000n), funded(10_000n)])
    await initiateWithdraw(whole, 10_000n)
    await initiateWithdraw(part, 8_000n)
    await pass(901)
    const before = await balanceOf(receiver)
    await waiting([
      [whole, 5_000n],
      [part, 5_000n],
      [other, 5_000n],
    ])
    await ahead(payer.address, encode(finalizeWithdraw(whole)))
    await ahead(payer.address, encode(finalizeWithdraw(part)))
    await client.mine({ blocks: 1 })
    expect(await end(whole)).toMatchObject([failed(5_000n)])
    expect(await end(part, 2)).toMatchObject([confirmed(2_000n), failed(5_000n)])
    expect(await end(other)).toMatchObject([confirmed(5_000n)])
    expect((await balanceOf(receiver)) - before).toBe(7_000n)
    // The sessions ask again: one finds nothing left, and no transaction is sent for either.
    const count = await sent(gas.address)
    await client.setAutomine(true)
    const again = await Promise.all([whole, part].map((each) => claimMessage(each, 5_000n, 5_000n, { attempt: 1 })))
    expect((await deliver(again)).acked).toEqual([0, 1])
    expect((await told(whole.name, whole.id, 2)).at(-1)).toMatchObject(failed(5_000n))
    expect((await told(part.name, part.id, 3)).at(-1)).toMatchObject(failed(5_000n))
    expect(await sent(gas.address)).toBe(count)
  })

  test.each(['freezeKey', 'revokeKey'])(
    '%s of a key in front of it: what was signed before settles, because a stop bites one delay later',
    async (functionName) => {
      const [stopped, other] = [await governed(), await funded()]
      await waiting([
        [stopped, 700n],
        [other, 800n],
      ])
      await ahead(payer.address, encode({ abi, functionName, args: [stopped.config.salt] }))
      await client.mine({ blocks: 1 })
      const [news] = await end(stopped)
      expect(news).toMatchObject(confirmed(700n))
      expect(await positionOf(news), 'the stop was first').toBe(1)
      expect(await end(other)).toMatchObject([confirmed(800n)])
      const { frozenAt, revokedAt } = await client.readContract({
        address: escrow,
        abi,
        functionName: 'getKey',
        args: [stopped.config.salt],
      })
      expect(functionName === 'freezeKey' ? frozenAt : revokedAt).toBeGreaterThan(0)
    },
  )

  test('a key is stopped for longer than the delay: its claim has failed, the others settle', async () => {
    const [stopped, other] = [await governed(), await funded()]
    await freezeKey(stopped.config.salt)
    await waiting([
      [stopped, 700n],
      [other, 800n],
    ])
    await pass(901)
    expect(await end(stopped)).toMatchObject([failed(700n)])
    expect(await end(other)).toMatchObject([confirmed(800n)])
  })
})

describe('a channel of a session key', () => {
  test('gets as much as its period ceiling allows, and the rest when the ceiling has risen', async () => {
    const of = await governed({ periodAmount: 1_000n, periodDuration: 3_600 })
    await deliver([await claimMessage(of, 1_700n)])
    expect(await end(of, 2)).toMatchObject([confirmed(1_000n), failed(1_700n)])
    const before = await sent(gas.address)
    const again = await claimMessage(of, 1_700n, 1_700n, { attempt: 5 })
    expect(await deliver([again]), 'waiting is no incident, however often it is asked').toMatchObject({ acked: [0] })
    expect((await told(of.name, of.id, 3)).at(-1)).toMatchObject(failed(1_700n))
    expect(await sent(gas.address), 'and costs no gas').toBe(before)
    await pass(3_600)
    await deliver([await claimMessage(of, 1_700n, 1_700n, { attempt: 6 })])
    expect((await end(of, 4)).at(-1)).toMatchObject(confirmed(1_700n))
    expect(await claimed(of)).toBe(1_700n)
  })

  test('is settled after a freeze, within its delay', async () => {
    const of = await governed()
    await freezeKey(of.config.salt)
    await pass(600)
    await deliver([await claimMessage(of, 5_000n)])
    expect(await end(of)).toMatchObject([confirmed(5_000n)])
  })

  test('is paid out after its key was stopped for longer than its delay, when it was recorded in time', async () => {
    const of = await governed()
    const signature = await voucher(of, 5_000n)
    const row = { voucher: { channel: of.config, maxClaimableAmount: 5_000n }, signature, totalClaimed: 5_000n }
    await as(receiver, escrow, { abi, functionName: 'claim', args: [[row]] })
    await freezeKey(of.config.salt)
    await pass(901)
    const before = await balanceOf(receiver)
    await deliver([await claimMessage(of, 5_000n)])
    expect(await end(of)).toMatchObject([confirmed(5_000n)])
    expect((await balanceOf(receiver)) - before).toBe(5_000n)
  })

  test('that was stopped for longer than its delay tells its session so, at depth k, and is no dead letter', async () => {
    const of = await governed()
    await freezeKey(of.config.salt)
    await client.increaseTime({ seconds: 901 })
    // In the newest block the stop has bitten, one block deeper it has not.
    await client.mine({ blocks: 1 })
    expect((await deliver([await claimMessage(of, 5_000n)])).acked).toEqual([0])
    const stopped = expect.any(Number) as number
    expect(await told(of.name, of.id, 2)).toMatchObject([
      { kind: 'observed', keyStoppedAt: stopped, keyOver: false },
      failed(5_000n),
    ])
    await mine(1)
    expect((await deliver([await claimMessage(of, 5_000n, 5_000n, { attempt: 7 })])).acked).toEqual([0])
    expect((await told(of.name, of.id, 4)).slice(2)).toMatchObject([
      { kind: 'observed', keyStoppedAt: stopped, keyOver: true },
      failed(5_000n),
    ])
  })
})

describe('500 rows', () => {
  /** Puts these claims on chain and says what their one transaction took. */
  async function settled(channels: Channel[]): Promise<{ gasUsed: number; gasLimit: number; bytes: number }> {
    const before = await sent(gas.address)
    const messages = await Promise.all(channels.map((each) => claimMessage(each, 1_000n)))
    expect(await deliver(messages)).toMatchObject({ retried: [] })
    // The lane has taken it on when it is delivered; a node that is slow with 500 rows gets it a moment later.
    expect(await until(async () => (await sent(gas.address)) - before || undefined), 'one transaction').toBe(1)
    await mine(2)
    const ids = new Set(channels.map(({ id }) => id))
    const news = await until(async () => {
      const taken = (await session(channels[0]?.name ?? '').taken()).filter(({ channelId }) => ids.has(channelId))
      return taken.length >= channels.length ? taken : undefined
    })
    expect(news).toHaveLength(channels.length)
    for (const each of news) expect(each).toMatchObject(confirmed(1_000n))
    const { transaction = '0x' } = news[0] as { transaction?: Hex }
    const [receipt, { gas: limit, input }] = await Promise.all([
      client.getTransactionReceipt({ hash: transaction }),
      client.getTransaction({ hash: transaction }),
    ])
    return { gasUsed: Number(receipt.gasUsed), gasLimit: Number(limit), bytes: (input.length - 2) / 2 }
  }

  test('of the escrow go in one transaction, far below what one may take', { timeout: 120_000 }, async () => {
    const channels = Array.from({ length: 450 }, () => escrowChannel())
    for (let i = 0; i < 50; i++) channels.push(escrowChannel({ salt: await registeredKey() }))
    await fundMany(channels, 5_000n)
    const { gasUsed, gasLimit, bytes } = await settled(channels)
    console.info(`settleBatch of 500: ${gasUsed} gas, limit ${gasLimit}, ${bytes} bytes`)
    expect(gasUsed / 500).toBeLessThan(14_000)
    expect(gasUsed).toBeLessThanOrEqual(Sizing.load(channels.map(rowOf), 'packed').gas)
    expect(gasLimit).toBeLessThanOrEqual(16_777_216)
    expect(bytes).toBeLessThan(128 * 1024)
  })

  test('of the canonical contract go in as few as their size allows', { timeout: 120_000 }, async () => {
    const channels = Array.from({ length: 264 }, () => channel())
    await fundMany(channels, 5_000n)
    const { gasUsed, gasLimit, bytes } = await settled(channels)
    console.info(`claimWithSignature of 264: ${gasUsed} gas, limit ${gasLimit}, ${bytes} bytes`)
    expect(gasUsed).toBeLessThanOrEqual(Sizing.load(channels.map(rowOf), 'whole').gas)
    expect(gasLimit).toBeLessThanOrEqual(16_777_216)
    expect(bytes).toBeLessThanOrEqual(Sizing.load(channels.map(rowOf), 'whole').bytes)
    expect(bytes).toBeLessThan(128 * 1024)
  })
})

function rowOf({ config, id, session: { chainId, contract }, name }: Channel): Row {
  const amounts = { max: 1_000n, total: 1_000n, signature: '0x' as const, reason: 'amount' as const, attempt: 0 }
  return { config, channelId: id, chainId, contract, session: name, ...amounts }
}
