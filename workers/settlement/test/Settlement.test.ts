import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import type { Hex } from '@pbstream/core/Hex'
import type { RefundSubmission } from '@pbstream/core/message/Settlement'
import * as Voucher from '@pbstream/core/Voucher'
import { afterEach, describe, expect, test } from 'vitest'
import {
  as,
  balanceOf,
  type Channel,
  chainId,
  channel,
  channelState,
  claimMessage,
  client,
  contract,
  depositOrder,
  domains,
  fundChannel,
  gas,
  payer,
  receiverAuthorizer,
  sent,
  stranger,
  token,
  transfer,
  voucher,
} from './support/chain.ts'
import { receiver } from './support/keys.ts'
import { deliver, mine, session, settlement, told, until } from './support/worker.ts'

afterEach(async () => {
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

async function giveBack(amount: bigint): Promise<void> {
  await as(receiver, token, { abi: testUsdcAbi, functionName: 'transfer', args: [payer.address, amount] })
}

const newsOf = async (of: Channel) => (await session(of.name).taken()).filter(({ channelId }) => channelId === of.id)

describe('observe', () => {
  test('tells the session what the newest block says of its channel', async () => {
    const of = channel()
    await fundChannel(of, 5_000n)
    await as(payer.address, contract, {
      abi: batchSettlementAbi,
      functionName: 'initiateWithdraw',
      args: [of.config, 10n],
    })
    expect(await settlement.observe(1, of.session, of.id, of.config)).toEqual({ ok: true })
    const [news] = await told(of.name, of.id)
    expect(news).toMatchObject({
      kind: 'observed',
      balance: 5_000n,
      totalClaimed: 0n,
      refundNonce: 0n,
      config: of.config,
    })
    expect((news as { withdrawRequestedAt: number }).withdrawRequestedAt).toBeGreaterThan(1_700_000_000)
  })

  test('a channel that is not on chain is observed empty; one that is not its config’s hash is not observed', async () => {
    const of = channel()
    expect(await settlement.observe(1, of.session, of.id, of.config)).toEqual({ ok: true })
    expect(await told(of.name, of.id)).toMatchObject([{ balance: 0n, withdrawRequestedAt: 0 }])
    const other = channel()
    expect(await settlement.observe(1, of.session, other.id, of.config)).toEqual({ ok: false })
    expect(await settlement.observe(1, { ...of.session, chainId: 1 }, of.id, of.config)).toEqual({ ok: false })
    expect(await settlement.observe(1, { ...of.session, payer: receiver }, of.id, of.config)).toEqual({ ok: false })
  })
})

describe('deposit', () => {
  test('is mined and reported before it is answered, and confirmed at depth k', async () => {
    const of = channel()
    const order = await depositOrder(of, 40_000n)
    const reply = await settlement.deposit(order)
    expect(reply).toMatchObject({ kind: 'mined', transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
    const { depositId } = order
    const base = { kind: 'deposit', channelId: of.id, depositId, amount: 40_000n }
    expect(await newsOf(of)).toMatchObject([{ ...base, status: 'mined' }])
    expect((await channelState(of.id)).balance).toBe(40_000n)
    await mine()
    expect(await told(of.name, of.id, 2)).toMatchObject([{ status: 'mined' }, { ...base, status: 'confirmed' }])
  })

  test('asked for twice is one transaction', async () => {
    const order = await depositOrder(channel(), 40_000n)
    const before = await sent(gas.address)
    const replies = await Promise.all([settlement.deposit(order), settlement.deposit(order)])
    expect(replies[0]).toEqual(replies[1])
    expect(await settlement.deposit(order)).toEqual(replies[0])
    expect(await sent(gas.address)).toBe(before + 1)
  })

  test('that is not mined in time is pending, and reported when it is', async () => {
    await client.setAutomine(false)
    const of = channel()
    const order = { ...(await depositOrder(of, 40_000n)), waitMs: 200 }
    const pending = await settlement.deposit(order)
    expect(pending).toMatchObject({ kind: 'pending', transaction: expect.stringMatching(/^0x/) })
    expect(await newsOf(of)).toEqual([])
    await client.mine({ blocks: 1 })
    expect(await told(of.name, of.id)).toMatchObject([{ status: 'mined' }])
    expect(await settlement.deposit(order)).toMatchObject({ kind: 'mined' })
  })

  test.each<[string, (of: Channel) => Promise<object>, string]>([
    ['more than the payer has', async (of) => depositOrder(of, 10n ** 15n), 'insufficient_funds'],
    ['nothing', async (of) => depositOrder(of, 0n), 'deposit_below_min_deposit'],
    [
      'another’s authorisation',
      async () => ({ authorization: (await depositOrder(channel(), 7n)).authorization }),
      'deposit_authorization_invalid',
    ],
    [
      'one that ran out',
      async (of) => ({ authorization: { ...(await depositOrder(of, 7n)).authorization, validBefore: 1n } }),
      'deposit_authorization_invalid',
    ],
    [
      'one that is not valid yet',
      async (of) => ({ authorization: { ...(await depositOrder(of, 7n)).authorization, validAfter: 1n << 40n } }),
      'deposit_authorization_invalid',
    ],
    ['a channel with another id', async () => ({ channelId: channel().id }), 'channel_id_mismatch'],
    [
      'a channel of another authorizer',
      async () => {
        const other = channel({ receiverAuthorizer: stranger.address })
        return { config: other.config, channelId: other.id }
      },
      'receiver_authorizer_mismatch',
    ],
  ])('of %s takes no nonce, is told why, and leaves no session waiting', async (_what, change, code) => {
    const of = channel()
    const order = { ...(await depositOrder(of, 7n)), ...(await change(of)), waitMs: 5_000 }
    const before = await sent(gas.address)
    expect(await settlement.deposit(order)).toMatchObject({ kind: 'failed', code })
    const news = (await session(of.name).taken()).filter(
      (event) => 'depositId' in event && event.depositId === order.depositId,
    )
    expect(news).toMatchObject([{ kind: 'deposit', status: 'failed' }])
    expect(await sent(gas.address)).toBe(before)
  })
})

describe('exact', () => {
  const order = async (value = 1_234n) => ({
    v: 1 as const,
    chainId,
    token,
    authorization: await transfer(value),
    waitMs: 10_000,
  })

  test('is one transfer, however many ask for it at once and afterwards', async () => {
    const ask = await order()
    const before = { sent: await sent(gas.address), paid: await balanceOf(receiver) }
    expect(await settlement.checkExact(ask)).toEqual({ ok: true })
    const replies = await Promise.all(Array.from({ length: 5 }, () => settlement.exact(ask)))
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1)
    expect(replies[0]).toMatchObject({ kind: 'mined' })
    expect(await settlement.exact(ask)).toEqual(replies[0])
    expect((await balanceOf(receiver)) - before.paid).toBe(1_234n)
    expect(await sent(gas.address)).toBe(before.sent + 1)
    expect(await settlement.checkExact(ask)).toEqual({ ok: false, code: 'exact_used' })
  })

  test('whose transaction reverted may be submitted again while the authorisation is good', async () => {
    await client.setAutomine(false)
    const all = await balanceOf(payer.address)
    const [first, second] = [await order(all), await order(1n)]
    // Both pass when they are tested; the second finds nothing left when it is mined.
    expect(await settlement.exact({ ...first, waitMs: 0 })).toMatchObject({ kind: 'pending' })
    expect(await settlement.exact({ ...second, waitMs: 0 })).toMatchObject({ kind: 'pending' })
    await client.mine({ blocks: 1 })
    expect(await settlement.exact({ ...first, waitMs: 0 })).toMatchObject({ kind: 'mined' })
    const reverted = await settlement.exact(second)
    // From depth k on it is another transaction.
    await client.mine({ blocks: 1 })
    const again = await until(async () => {
      const reply = await settlement.exact(second)
      return 'code' in reply && reply.code === 'transaction_reverted' ? undefined : reply
    })
    await client.setAutomine(true)
    await giveBack(all)
    expect(reverted).toMatchObject({ kind: 'failed', code: 'transaction_reverted' })
    expect(again).toEqual({ kind: 'failed', code: 'insufficient_funds' })
    expect(await settlement.exact(second)).toMatchObject({ kind: 'mined' })
  })

  test.each<[string, (a: Awaited<ReturnType<typeof transfer>>) => Promise<object>, string]>([
    ['changed after signing', async () => ({ value: 2n }), 'exact_signature_invalid'],
    ['signed by another', async () => ({ from: stranger.address }), 'exact_signature_invalid'],
    ['of more than there is', async () => transfer(10n ** 15n), 'insufficient_funds'],
    ['that ran out', async () => transfer(1n, { validBefore: 1n }), 'exact_valid_before'],
    [
      'that is not valid yet',
      async () => transfer(1n, { validAfter: 1n << 40n, validBefore: 1n << 41n }),
      'exact_valid_after',
    ],
  ])('%s is refused with its reason, checked or submitted, and takes no nonce', async (_what, change, code) => {
    const good = await order(1n)
    const bad = { ...good, authorization: { ...good.authorization, ...(await change(good.authorization)) } }
    const before = await sent(gas.address)
    expect(await settlement.checkExact(bad)).toMatchObject({ ok: false, code })
    expect(await settlement.exact(bad)).toMatchObject({ kind: 'failed', code })
    expect(await sent(gas.address)).toBe(before)
  })

  test('a signature with v of 0 or 1, as some signers write it, is good', async () => {
    const ask = await order(1n)
    const { signature } = ask.authorization
    const odd = `${signature.slice(0, 130)}${signature.endsWith('1b') ? '00' : '01'}` as Hex
    const authorization = { ...ask.authorization, signature: odd }
    expect(await settlement.checkExact({ ...ask, authorization })).toEqual({ ok: true })
    expect(await settlement.exact({ ...ask, authorization })).toMatchObject({ kind: 'mined' })
  })
})

describe('refund', () => {
  async function refundOf(
    of: Channel,
    amount: bigint,
    over: Partial<RefundSubmission> = {},
  ): Promise<RefundSubmission> {
    const { id: channelId, config, session: ref } = of
    return {
      v: 1,
      session: ref,
      channelId,
      config,
      refundId: crypto.randomUUID(),
      amount,
      nonce: 0n,
      waitMs: 10_000,
      ...over,
    }
  }
  const claim = async (of: Channel, total: bigint) => ({ max: total, total, signature: await voucher(of, total) })

  test('claims and pays out what is charged and gives the rest back, in one transaction', async () => {
    const of = channel()
    await fundChannel(of, 10_000n)
    const before = {
      payer: await balanceOf(payer.address),
      receiver: await balanceOf(receiver),
      sent: await sent(gas.address),
    }
    const order = await refundOf(of, 7_000n, { claim: await claim(of, 3_000n) })
    expect(await settlement.refund(order)).toMatchObject({ kind: 'mined' })
    expect(await newsOf(of)).toMatchObject([
      { kind: 'refund', status: 'mined', amount: 7_000n, claimed: 3_000n, nonce: 0n, refundId: order.refundId },
    ])
    expect((await balanceOf(payer.address)) - before.payer).toBe(7_000n)
    expect((await balanceOf(receiver)) - before.receiver).toBe(3_000n)
    expect(await sent(gas.address)).toBe(before.sent + 1)
    await mine()
    expect((await told(of.name, of.id, 3)).slice(1)).toMatchObject([
      { kind: 'refund', status: 'mined' },
      { kind: 'claim', status: 'confirmed', total: 3_000n, settled: true },
    ])
    expect(await settlement.refund(order)).toMatchObject({ kind: 'mined' })
    expect(await sent(gas.address)).toBe(before.sent + 1)
  })

  test('what it has claimed is not sent again while it is not final, and counts when it is', async () => {
    const of = channel()
    await fundChannel(of, 10_000n)
    const before = await sent(gas.address)
    await settlement.refund(await refundOf(of, 7_000n, { claim: await claim(of, 3_000n) }))
    const asked = await claimMessage(of, 3_000n, 3_000n, { attempt: 1, reason: 'close' })
    expect(await deliver([asked])).toEqual({ acked: [0], retried: [] })
    expect(await sent(gas.address)).toBe(before + 1)
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'mined' }])
    await mine()
    await told(of.name, of.id, 3)
    expect(await deliver([asked])).toEqual({ acked: [0], retried: [] })
    const confirmed = { kind: 'claim', status: 'confirmed', total: 3_000n, settled: true }
    expect((await told(of.name, of.id, 4)).slice(2)).toMatchObject([confirmed, confirmed])
    expect(await sent(gas.address)).toBe(before + 1)
  })

  test('of more than is left is not sent, and the channel goes on', async () => {
    const of = channel()
    await fundChannel(of, 10_000n)
    const before = await sent(gas.address)
    const order = await refundOf(of, 7_001n, { claim: await claim(of, 3_000n) })
    expect(await settlement.refund(order)).toEqual({ kind: 'failed', code: 'refund_amount_invalid' })
    expect(await newsOf(of)).toMatchObject([{ kind: 'refund', status: 'failed' }])
    expect(await sent(gas.address)).toBe(before)
  })

  test('an attacker who copies a refund out of the pool does not make the session believe that the money is still there', async () => {
    const of = channel()
    await fundChannel(of, 10_000n)
    await client.setAutomine(false)
    const order = await refundOf(of, 7_000n, { claim: await claim(of, 3_000n), waitMs: 0 })
    expect(await settlement.refund(order)).toMatchObject({ kind: 'pending' })
    // The refund's part alone, with the signature that ours shows, at a higher fee: mined first.
    const signature = await receiverAuthorizer.sign(
      Voucher.refundDigest(domains.channel, { channelId: of.id, nonce: 0n, amount: 7_000n }),
    )
    await client.impersonateAccount({ address: stranger.address })
    await client.writeContract({
      account: stranger.address,
      address: contract,
      abi: batchSettlementAbi,
      functionName: 'refundWithSignature',
      args: [of.config, 7_000n, 0n, signature],
      gas: 300_000n,
      maxPriorityFeePerGas: 10n ** 12n,
      maxFeePerGas: 10n ** 13n,
    })
    await client.mine({ blocks: 2 })
    const [news] = await told(of.name, of.id)
    expect(news).toMatchObject({ kind: 'refund', status: 'overtaken', refundId: order.refundId })
    expect(news, 'and what was not claimed is not booked as claimed').toMatchObject({ claimed: 0n })
    expect((await channelState(of.id)).totalClaimed).toBe(0n)
    await client.setAutomine(true)
    const again = await refundOf(of, 7_000n, { claim: await claim(of, 3_000n) })
    expect(await settlement.refund(again)).toMatchObject({ kind: 'failed', code: 'refund_failed' })
    expect((await told(of.name, of.id, 2))[1]).toMatchObject({
      kind: 'refund',
      status: 'overtaken',
      refundId: again.refundId,
    })
  })

  test.each<[string, (of: Channel) => Promise<Partial<RefundSubmission>>, string]>([
    ['nothing', async () => ({ amount: 0n }), 'refund_no_balance'],
    ['a channel with another id', async () => ({ channelId: channel().id }), 'channel_id_mismatch'],
    ['a nonce to come', async () => ({ nonce: 5n }), 'refund_failed'],
    [
      'a claim with a foreign voucher',
      async (of) => ({ claim: { max: 9n, total: 9n, signature: await voucher(of, 9n, stranger) } }),
      'refund_failed',
    ],
  ])('with %s is refused and leaves no session waiting', async (_what, change, code) => {
    const of = channel()
    await fundChannel(of, 10_000n)
    const order = await refundOf(of, 100n, await change(of))
    expect(await settlement.refund(order)).toMatchObject({ kind: 'failed', code })
    const news = (await session(of.name).taken()).filter(
      (event) => 'refundId' in event && event.refundId === order.refundId,
    )
    expect(news).toMatchObject([{ kind: 'refund', status: 'failed' }])
  })
})

test('offers are told which authorizer signs', async () => {
  expect(await settlement.addresses()).toEqual({ receiverAuthorizer: receiverAuthorizer.address })
})
