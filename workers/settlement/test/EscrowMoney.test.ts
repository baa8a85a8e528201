import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { Hex } from '@pbstream/core/Hex'
import type { RefundSubmission } from '@pbstream/core/message/Settlement'
import { afterEach, describe, expect, test } from 'vitest'
import {
  as,
  balanceOf,
  type Channel,
  channel,
  channelState,
  client,
  depositOrder,
  escrow,
  escrowChannel,
  freezeKey,
  fundChannel,
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
import { mine, session, settlement, told } from './support/worker.ts'

const abi = streamChannelEscrowAbi

afterEach(async () => {
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

async function governed(key: Parameters<typeof registeredKey>[0] = {}): Promise<Channel> {
  return escrowChannel({ salt: await registeredKey(key) })
}

async function funded(of: Channel, amount = 10_000n): Promise<Channel> {
  await fundChannel(of, amount)
  return of
}

const kinds = [
  ['plain', async () => escrowChannel()],
  ['governed', async () => governed()],
] as const

const usage = async (keyId: Hex) => client.readContract({ address: escrow, abi, functionName: 'usage', args: [keyId] })
const newsOf = async (of: Channel) => (await session(of.name).taken()).filter(({ channelId }) => channelId === of.id)

describe('a deposit to the escrow', () => {
  test.each(kinds)('is mined and reported, then confirmed at depth k (%s)', async (_kind, make) => {
    const of = await make()
    const order = await depositOrder(of, 40_000n)
    expect(await settlement.deposit(order)).toMatchObject({ kind: 'mined' })
    const base = { kind: 'deposit', channelId: of.id, depositId: order.depositId, amount: 40_000n }
    expect(await newsOf(of)).toMatchObject([{ ...base, status: 'mined' }])
    expect(await channelState(of.id, escrow)).toEqual({ balance: 40_000n, totalClaimed: 0n })
    await mine()
    expect(await told(of.name, of.id, 2)).toMatchObject([{ status: 'mined' }, { ...base, status: 'confirmed' }])
  })

  test.each<[string, () => Promise<Channel>, string]>([
    ['passes the spend cap', async () => governed({ spendCap: 39_999n }), 'SpendCapExceeded'],
    ['pays a receiver that is no payee', async () => governed({ payees: [otherReceiver] }), 'KeyTermsMismatch'],
    [
      'is made under a key that nobody registered',
      async () => escrowChannel({ salt: `0x50425354${'ab'.repeat(28)}` }),
      'KeyNotRegistered',
    ],
    [
      'is made under a frozen key',
      async () => {
        const of = await governed()
        await freezeKey(of.config.salt)
        return of
      },
      'KeyAlreadyStopped',
    ],
    [
      'comes while a withdrawal is pending',
      async () => {
        const of = await funded(escrowChannel())
        await initiateWithdraw(of, 1n)
        return of
      },
      'WithdrawPending',
    ],
  ])('that %s is not sent, and the caller is told why', async (_what, make, detail) => {
    const of = await make()
    const before = await sent(gas.address)
    const order = await depositOrder(of, 40_000n)
    expect(await settlement.deposit(order)).toEqual({ kind: 'failed', code: 'deposit_failed', detail })
    expect(await newsOf(of)).toMatchObject([{ kind: 'deposit', status: 'failed' }])
    expect(await sent(gas.address)).toBe(before)
  })

  test('is not taken with the authorisation or the id of a channel in the other contract', async () => {
    const [of, other] = [escrowChannel(), channel()]
    const order = await depositOrder(of, 40_000n)
    const { authorization } = await depositOrder(other, 40_000n)
    expect(await settlement.deposit({ ...order, authorization })).toMatchObject({
      code: 'deposit_authorization_invalid',
    })
    expect(await settlement.deposit({ ...order, session: other.session })).toMatchObject({
      code: 'channel_id_mismatch',
    })
    const nowhere = { ...order.session, contract: stranger.address }
    expect(await settlement.deposit({ ...order, session: nowhere })).toMatchObject({ code: 'channel_id_mismatch' })
  })
})

describe('a refund from the escrow', () => {
  async function refundOf(of: Channel, amount: bigint, total?: bigint): Promise<RefundSubmission> {
    const { id: channelId, config, session: ref } = of
    const base = { v: 1, session: ref, channelId, config, refundId: crypto.randomUUID(), amount, nonce: 0n } as const
    const claim = total === undefined ? {} : { claim: { max: total, total, signature: await voucher(of, total) } }
    return { ...base, waitMs: 10_000, ...claim }
  }
  const money = async () => [await balanceOf(payer.address), await balanceOf(receiver)]

  test.each(kinds)('claims, pays out and gives the rest back in one transaction (%s)', async (kind, make) => {
    const of = await funded(await make())
    const before = { money: await money(), sent: await sent(gas.address) }
    const order = await refundOf(of, 7_000n, 3_000n)
    expect(await settlement.refund(order)).toMatchObject({ kind: 'mined' })
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'mined', amount: 7_000n, claimed: 3_000n }])
    const [payerNow = 0n, receiverNow = 0n] = await money()
    expect([payerNow - (before.money[0] ?? 0n), receiverNow - (before.money[1] ?? 0n)]).toEqual([7_000n, 3_000n])
    expect((await sent(gas.address)) - before.sent).toBe(1)
    await mine()
    expect((await told(of.name, of.id, 3)).slice(1)).toMatchObject([
      { kind: 'refund', status: 'mined' },
      { kind: 'claim', status: 'confirmed', total: 3_000n, settled: true },
    ])
    if (kind === 'governed') expect(await usage(of.config.salt), 'what went back is free again').toBe(3_000n)
  })

  test('whose claim a period ceiling holds up goes without it; what is charged stays in the channel', async () => {
    const of = await funded(await governed({ periodAmount: 1_000n, periodDuration: 86_400 }))
    const order = await refundOf(of, 7_000n, 3_000n)
    expect(await settlement.refund(order)).toMatchObject({ kind: 'mined' })
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'mined', amount: 7_000n, claimed: 0n }])
    expect(await channelState(of.id, escrow)).toEqual({ balance: 3_000n, totalClaimed: 0n })
    await mine(2)
    expect(await settlement.refund(order), 'the same refund is the same transaction').toMatchObject({ kind: 'mined' })
    const kinds = (await newsOf(of)).map(({ kind }) => kind)
    expect(new Set(kinds), 'and no claim is reported').toEqual(new Set(['refund']))
  })

  test('of more than is left beside what is charged is not sent', async () => {
    const of = await funded(await governed({ periodAmount: 1_000n, periodDuration: 86_400 }))
    const before = await sent(gas.address)
    const reply = await settlement.refund(await refundOf(of, 7_001n, 3_000n))
    expect(reply).toEqual({ kind: 'failed', code: 'refund_amount_invalid' })
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'failed' }])
    expect(await sent(gas.address)).toBe(before)
  })

  test('is not signed while a withdrawal is requested, and is when the request has lapsed', async () => {
    const of = await funded(await governed())
    await initiateWithdraw(of, 10_000n)
    const before = await sent(gas.address)
    const reply = await settlement.refund(await refundOf(of, 7_000n))
    expect(reply).toEqual({ kind: 'failed', code: 'withdrawal_pending' })
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'failed' }])
    expect(await sent(gas.address)).toBe(before)
    await pass(1_800)
    expect(await settlement.refund(await refundOf(of, 7_000n))).toMatchObject({ kind: 'mined' })
  })

  test('that somebody else sent first is overtaken: the next look says what moved', async () => {
    const of = await funded(await governed())
    await client.setAutomine(false)
    const order = { ...(await refundOf(of, 7_000n)), waitMs: 0 }
    expect(await settlement.refund(order)).toMatchObject({ kind: 'pending' })
    const { pending } = await client.getTxpoolContent()
    const ours = Object.entries(pending).find(([address]) => address.toLowerCase() === gas.address)?.[1]
    const data = Object.values(ours ?? {})[0]?.input ?? '0x'
    await client.impersonateAccount({ address: stranger.address })
    const fees = { maxPriorityFeePerGas: 10n ** 12n, maxFeePerGas: 10n ** 13n }
    await client.sendTransaction({ account: stranger.address, to: escrow, data, gas: 500_000n, ...fees })
    await client.mine({ blocks: 2 })
    expect(await told(of.name, of.id)).toMatchObject([{ kind: 'refund', status: 'overtaken' }])
    expect((await channelState(of.id, escrow)).balance).toBe(3_000n)
  })
})

describe('observe', () => {
  test.each(kinds)('tells what the escrow has of a channel (%s)', async (_kind, make) => {
    const of = await funded(await make())
    expect(await settlement.observe(1, of.session, of.id, of.config)).toEqual({ ok: true })
    expect(await told(of.name, of.id)).toMatchObject([
      { kind: 'observed', balance: 10_000n, totalClaimed: 0n, refundNonce: 0n, withdrawRequestedAt: 0 },
    ])
  })

  test('a request for withdrawal is pending until it lapses at twice the delay', async () => {
    const of = await funded(await governed())
    const seen = async (count: number) => {
      await settlement.observe(1, of.session, of.id, of.config)
      const news = (await told(of.name, of.id, count)).at(-1)
      return news?.kind === 'observed' ? news.withdrawRequestedAt : -1
    }
    await initiateWithdraw(of, 10_000n)
    const requestedAt = Number((await client.getBlock()).timestamp)
    expect(await seen(1)).toBe(requestedAt)
    await client.setNextBlockTimestamp({ timestamp: BigInt(requestedAt + 1_799) })
    await client.mine({ blocks: 1 })
    expect(await seen(2), 'a second before').toBe(requestedAt)
    await client.setNextBlockTimestamp({ timestamp: BigInt(requestedAt + 1_800) })
    await client.mine({ blocks: 1 })
    expect(await seen(3)).toBe(0)
  })

  test('in the canonical contract it stands until it is finalised', async () => {
    const of = await funded(channel())
    await initiateWithdraw(of, 10n)
    await pass(2_000)
    await settlement.observe(1, of.session, of.id, of.config)
    const [news] = await told(of.name, of.id)
    expect(news).toMatchObject({ kind: 'observed', withdrawRequestedAt: expect.any(Number) })
    expect((news as { withdrawRequestedAt: number }).withdrawRequestedAt).toBeGreaterThan(0)
  })

  test('a cancelled request is not pending', async () => {
    const of = await funded(escrowChannel())
    await initiateWithdraw(of, 10n)
    await as(payer.address, escrow, { abi, functionName: 'cancelWithdraw', args: [of.config] })
    await settlement.observe(1, of.session, of.id, of.config)
    expect(await told(of.name, of.id)).toMatchObject([{ withdrawRequestedAt: 0 }])
  })

  test('a channel is looked for in the contract that its session names', async () => {
    const of = await funded(escrowChannel())
    const other = channel()
    expect(await settlement.observe(1, { ...of.session, contract: other.session.contract }, of.id, of.config)).toEqual({
      ok: false,
    })
    expect(await settlement.observe(1, { ...of.session, contract: stranger.address }, of.id, of.config)).toEqual({
      ok: false,
    })
  })
})
