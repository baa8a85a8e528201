/**
 * F06: vouchers come again, out of order, after their settlement, for amounts that are settled, and from elsewhere: another
 * channel, session, payer, chain or escrow. I3 I4.
 */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { lower } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import { upsertRoute } from '@pbstream/db/Catalog'
import { Chain } from '@pbstream/local/Chain'
import { type Hex, bytesToHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headerOf, type Payment, paymentOf } from '../support/payment.ts'
import { SessionClient } from '../support/SessionClient.ts'
import { Caller } from './support/Caller.ts'
import { price, World } from './support/World.ts'
import { drained } from './support/drained.ts'

/** Taken here as well, and nobody has money on it. */
const secondChain = 4_242
const contract = lower(Chain.addresses.batchSettlement)
const otherEscrow: Hex = '0x00000000000000000000000000000000000e5c20'

let world: World

beforeAll(async () => {
  world = await World.start({ secondChain })
  const { system, upstream } = world.stack
  const work = { id: 'work', providerId: 'demo', path: '/work', methods: ['*'] }
  const origin = { kind: 'url', url: upstream.url } as const
  const rate = { v: 1, kind: 'flat', amount: String(price) } as const
  const by = { actor: 'test', at: Date.now() }
  await upsertRoute(system.database, { ...work, origin, rate, chainIds: [Chain.id, secondChain] }, by)
})
afterAll(() => world?.stop())

function withPayment(of: Request, payment: Payment): Request {
  const headers = new Headers(of.headers)
  for (const [name, value] of Object.entries(headerOf(payment))) headers.set(name, value)
  return new Request(of, { headers })
}

/** The payment of `into` with what `change` makes of its payload. */
function changed(into: Request, change: (payload: Payment['payload']) => Partial<Payment['payload']>): Request {
  const payment = paymentOf(into)
  return withPayment(into, { ...payment, payload: { ...payment.payload, ...change(payment.payload) } })
}

/** A voucher of one caller in the channel of another. */
function crossed(of: Request, into: Request): Request {
  const { channelConfig, voucher } = paymentOf(into).payload
  const mine = paymentOf(of).payload.voucher
  return changed(of, () => ({ channelConfig, voucher: { ...mine, channelId: voucher.channelId } }))
}

type Signing = { key: Hex; max: bigint; channelId: Hex; chainId?: number; escrow?: Hex }

/** A voucher that was never sent. */
async function signed({ key, max, channelId, chainId = Chain.id, escrow = contract }: Signing) {
  const hash = bytesToHex(Voucher.digest(Voucher.domainSeparator(chainId, escrow), channelId, max))
  const signature = await privateKeyToAccount(key).sign({ hash })
  return { channelId, maxClaimableAmount: String(max), signature }
}

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code

test('I3 I4: every voucher that was ever sent, sent again before and after it is settled, buys nothing', async () => {
  const callers = await world.crowd(2)
  const [first, second] = callers as [Caller, Caller]
  for (const settle of [false, true]) {
    await Promise.all(callers.map((caller) => caller.calls(4)))
    if (settle) await drained(world)
    const served = world.stack.upstream.calls('/work')
    const old = [...first.paid, ...second.paid].reverse()
    const foreign = first.paid.map((request) => crossed(request, second.paid.at(-1)!))
    for (const answer of await Promise.all([...old, ...old].map((request) => fetch(request.clone())))) {
      expect(answer.status).toBe(402)
    }
    for (const answer of await Promise.all(foreign.map((request) => fetch(request)))) {
      expect([answer.status, await codeOf(answer)]).toEqual([402, 'voucher_signature_invalid'])
    }
    expect(world.stack.upstream.calls('/work')).toBe(served)
  }
  // Whose vouchers were replayed is served as ever.
  await Promise.all(callers.map((caller) => caller.calls(2)))
  await drained(world)
  expect(world.callers.map(({ acknowledged }) => acknowledged)).toEqual([10_000n, 10_000n])
})

test('I4: a voucher of another channel, session, payer, chain or escrow buys nothing, and the right one does', async () => {
  const [first, second] = world.callers as [Caller, Caller]
  const { key } = first.payer
  const sessionKey = generatePrivateKey()
  const salt: Hex = `0x${'5a'.repeat(32)}`
  // The same wallet with another session key, and with another channel of the same key; both have money of their own.
  const delegated = await world.caller({ key, sessionKey })
  const beside = await world.caller({ key, salt })
  for (const caller of [first, delegated, beside]) await caller.calls(2)
  const right = await first.sign()
  const { channelId, maxClaimableAmount } = paymentOf(right).payload.voucher
  const max = BigInt(maxClaimableAmount)
  const by = (signing: Partial<Signing>) => signed({ key, max, channelId, ...signing })
  const inIts = async (signing: Partial<Signing>) => {
    const voucher = await by(signing)
    return changed(right, () => ({ voucher }))
  }
  const ofSecondChain = await by({ chainId: secondChain })
  const { accepted, ...rest } = paymentOf(right)
  const onSecondChain = (payment: Payment) =>
    withPayment(right, { ...payment, accepted: { ...accepted, network: `eip155:${secondChain}` } })
  const { payload } = paymentOf(right)
  const idThere = ChannelConfig.id(
    ChannelConfig.parse(payload.channelConfig),
    Voucher.domainSeparator(secondChain, contract),
  )
  const strangers: Record<string, [Request, string]> = {
    'another payer': [await inIts({ key: second.payer.key }), 'voucher_signature_invalid'],
    'another session of the payer': [await inIts({ key: sessionKey }), 'voucher_signature_invalid'],
    'another session, as it was paid': [crossed(delegated.paid.at(-1)!, right), 'voucher_signature_invalid'],
    'another channel of the session': [crossed(beside.paid.at(-1)!, right), 'voucher_signature_invalid'],
    'another channel, by its own id': [
      changed(right, () => ({ voucher: paymentOf(beside.paid.at(-1)!).payload.voucher })),
      'channel_id_mismatch',
    ],
    'another chain': [await inIts({ chainId: secondChain }), 'voucher_signature_invalid'],
    'this chain, on another': [onSecondChain({ accepted, ...rest }), 'channel_id_mismatch'],
    'another chain, on it': [
      onSecondChain({ accepted, ...rest, payload: { ...payload, voucher: ofSecondChain } }),
      'channel_id_mismatch',
    ],
    'this chain, in the channel of another': [
      onSecondChain({
        accepted,
        ...rest,
        payload: { ...payload, voucher: { ...payload.voucher, channelId: idThere } },
      }),
      'voucher_signature_invalid',
    ],
    'another escrow': [await inIts({ escrow: otherEscrow }), 'voucher_signature_invalid'],
  }
  const served = world.stack.upstream.calls('/work')
  for (const [whose, [request, code]] of Object.entries(strangers)) {
    const answer = await fetch(request)
    expect([answer.status, await codeOf(answer)], whose).toEqual([402, code])
  }
  expect(world.stack.upstream.calls('/work')).toBe(served)
  const answer = await fetch(right)
  first.count(answer)
  expect(answer.status).toBe(200)
  await drained(world)
})

test('I3: vouchers for what is settled on chain already, never sent before, buy nothing', async () => {
  const [first] = world.callers as [Caller]
  await first.calls(2)
  await drained(world)
  const right = await first.sign()
  const { channelId, maxClaimableAmount } = paymentOf(right).payload.voucher
  const settled = BigInt(maxClaimableAmount) - price
  const served = world.stack.upstream.calls('/work')
  for (const max of [settled, settled - 1n, settled - price + 1n, 1n, 0n]) {
    const voucher = await signed({ key: first.payer.key, max, channelId })
    const answer = await fetch(changed(right, () => ({ voucher })))
    expect(answer.status, `for ${max} of ${settled}`).toBe(402)
  }
  expect(world.stack.upstream.calls('/work')).toBe(served)
  const answer = await fetch(right)
  first.count(answer)
  expect(answer.status).toBe(200)
  await drained(world)
})

test('I4: the vouchers of a session are no payments beside it, in its own channel or in another', async () => {
  const [first] = world.callers as [Caller]
  const { key } = await world.stack.payer()
  const max = 10n * price
  const { gateway } = world.stack
  await first.calls(1)
  const client = await SessionClient.open({ gateway, path: '/work', wallet: key, deposit: 100n * price, max })
  const right = await first.sign()
  const { signature } = await client.voucher(max)
  const served = world.stack.upstream.calls('/work')
  const ofIt = { maxClaimableAmount: String(max), signature: signature as Hex }
  const { channelId, config: channelConfig } = client
  for (const request of [
    changed(right, () => ({ channelConfig, voucher: { channelId, ...ofIt } })),
    changed(right, ({ voucher }) => ({ voucher: { channelId: voucher.channelId, ...ofIt } })),
  ]) {
    expect((await fetch(request)).status).toBe(402)
  }
  expect(world.stack.upstream.calls('/work')).toBe(served)
  const answer = await fetch(right)
  first.count(answer)
  expect(answer.status).toBe(200)
  await drained(world)
})
