// The same commands on our escrow, where session keys may hold a claim up and withdrawals lapse.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import { type ExportedChannel, toJson } from '@pbstream/core/VoucherExport'
import { Chain } from '@pbstream/local/Chain'
import * as Channels from '@pbstream/sdk/Channels'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { escrow, EscrowChannel, person, withdrawDelay } from './support/EscrowChannel.ts'
import { pbstream } from './support/pbstream.ts'

let chain: Chain
let directory: string
let files = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-escrow-'))
  chain = await Chain.start()
})
afterAll(async () => {
  await chain.stop()
  await rm(directory, { recursive: true, force: true })
})

const usdc = (address: Hex) =>
  chain.client.readContract({
    address: Chain.addresses.usdc,
    abi: testUsdcAbi,
    functionName: 'balanceOf',
    args: [address],
  })

async function write(json: unknown): Promise<string> {
  const path = join(directory, `${++files}.json`)
  await writeFile(path, JSON.stringify(json))
  return path
}

async function people() {
  const found = { payer: person(), receiver: person(), receiverAuthorizer: person() }
  const claimers = [found.receiver.address, found.receiverAuthorizer.address]
  await chain.fund(claimers, { usdc: 0n })
  return found
}

async function claim(channels: ExportedChannel[], key: Hex, ...more: string[]) {
  const receiver = channels[0]!.config.receiver
  const path = await write(toJson({ v: 1, exportedAt: new Date(0).toISOString(), receiver, channels }))
  return pbstream(['claim', '--file', path, '--rpc', chain.rpcUrl, ...more], { key })
}

async function pass(seconds: number): Promise<void> {
  await chain.client.increaseTime({ seconds })
  await chain.client.mine({ blocks: 1 })
}

describe('claim', () => {
  test('works with the key of the receiver authorizer; the money goes to the receiver', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const ended = await claim([await channel.exported(700n, 900n)], who.receiverAuthorizer.key)
    expect(ended.code, ended.err).toBe(0)
    expect(await usdc(who.receiver.address)).toBe(700n)
  })

  test('a damaged row is left out and named; the others are paid', async () => {
    const who = await people()
    const good = await EscrowChannel.open(chain, who, 1_000n)
    const bad = await EscrowChannel.open(chain, who, 1_000n)
    const { signature } = (await good.exported(5n)).voucher!
    const damaged = { ...(await bad.exported(300n)), voucher: { max: 300n, signature } }
    const wrongId = { ...(await bad.exported(300n)), channelId: `0x${'12'.repeat(32)}` as Hex }
    const ended = await claim([damaged, wrongId, await good.exported(700n)], who.receiver.key)
    expect(ended.code, ended.err).toBe(1)
    expect(ended.out).toContain(`${bad.id}: the signature of the voucher is not by the key of the channel`)
    expect(ended.out).toContain(`${wrongId.channelId}: the config is not that of the channel`)
    expect(await usdc(who.receiver.address)).toBe(700n)
  })

  test('what a withdrawal took is said; what is there is paid', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const ended = await claim([await channel.exported(1_200n)], who.receiver.key)
    expect(ended.code, ended.err).toBe(1)
    expect(ended.out).toContain('Left 0.0002 USDC (200 atomic units)')
    expect(await usdc(who.receiver.address)).toBe(1_000n)
    const known = { ...(await channel.exported(1_200n)), lost: 200n }
    expect((await claim([known], who.receiver.key)).code).toBe(0)
  })

  test("a session key's ceiling lets part of it be claimed now, and the rest in the next period", async () => {
    const who = await people()
    const limits = { periodAmount: 400n, periodDuration: 86_400 }
    const channel = await EscrowChannel.open(chain, who, 1_000n, limits)
    const exported = await channel.exported(600n)
    const first = await claim([exported], who.receiver.key)
    expect([first.code, first.out]).toEqual([1, expect.stringContaining('lets no more be claimed in this period')])
    expect(await usdc(who.receiver.address)).toBe(400n)
    await pass(86_400)
    expect((await claim([exported], who.receiver.key)).code).toBe(0)
    expect(await usdc(who.receiver.address)).toBe(600n)
  })

  test('what somebody else has recorded and not paid out is paid out', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const exported = await channel.exported(700n)
    const { address } = who.receiver
    await chain.client.impersonateAccount({ address })
    const data = Channels.claim([{ config: channel.config, ...exported.voucher!, total: 700n }])
    const hash = await chain.client.sendTransaction({ account: address, to: escrow, data })
    await chain.client.waitForTransactionReceipt({ hash })
    expect(await usdc(address)).toBe(0n)
    const ended = await claim([exported], who.receiverAuthorizer.key, '--json')
    expect(ended.json()).toMatchObject({ complete: true, payouts: [{ receiver: address, amount: '700' }] })
    expect(await usdc(address)).toBe(700n)
    const again = await claim([exported], who.receiver.key)
    expect([again.code, again.out.trim()]).toEqual([0, 'Nothing to do: everything in the file is claimed and paid.'])
  })

  test('a key that may not claim sends nothing and is told so', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const ended = await claim([await channel.exported(700n)], who.payer.key)
    expect([ended.code, ended.out]).toEqual([1, expect.stringContaining('neither the receiver nor its authorizer')])
    expect(await usdc(who.receiver.address)).toBe(0n)
  })

  test('an account without gas is told so', async () => {
    const who = { payer: person(), receiver: person(), receiverAuthorizer: person() }
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const ended = await claim([await channel.exported(700n)], who.receiver.key)
    expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('too little of the native coin for gas')])
  })

  test('an endpoint of another chain is noticed', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const elsewhere = { ...(await channel.exported(700n)), chainId: 8453 }
    const ended = await claim([elsewhere], who.receiver.key)
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('the channels of the file on 8453')])
  })
})

describe('withdraw', () => {
  const withdraw = async (channel: EscrowChannel, key: Hex | undefined, ...more: string[]) => {
    const path = await write(channel.config)
    const args = ['withdraw', '--channel', path, '--contract', escrow, '--rpc', chain.rpcUrl, ...more]
    return pbstream(args, key === undefined ? {} : { key })
  }

  test('names the time at which it lapses; lapsed, it can be begun anew, and brings the rest back', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    await claim([await channel.exported(300n)], who.receiver.key)
    const asked = await withdraw(channel, who.payer.key)
    expect([asked.code, asked.out]).toEqual([0, expect.stringMatching(/It lapses at .* \(in (30 min|29 min \d+ s)\)/)])
    await pass(2 * withdrawDelay)
    const late = await withdraw(channel, who.payer.key, '--finalize')
    expect([late.code, late.out]).toEqual([1, expect.stringContaining('The withdrawal lapsed at')])
    expect((await withdraw(channel, who.payer.key)).code).toBe(0)
    await pass(withdrawDelay)
    const before = await usdc(who.payer.address)
    const ended = await withdraw(channel, who.payer.key, '--finalize')
    expect(ended.code, ended.err).toBe(0)
    expect((await usdc(who.payer.address)) - before).toBe(700n)
  })

  test('takes part of the money when asked to, and no more than there is', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const greedy = await withdraw(channel, who.payer.key, '--amount', '1001')
    expect([greedy.code, greedy.out]).toEqual([
      1,
      expect.stringContaining('--amount is more than the 1000 atomic units'),
    ])
    expect((await withdraw(channel, who.payer.key, '--amount', '250')).code).toBe(0)
    await pass(withdrawDelay)
    const before = await usdc(who.payer.address)
    expect((await withdraw(channel, who.payer.key, '--finalize')).code).toBe(0)
    expect((await usdc(who.payer.address)) - before).toBe(250n)
  })

  test('without a key shows how the channel stands', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const shown = await withdraw(channel, undefined, '--json')
    expect(shown.code, shown.err).toBe(0)
    expect(shown.json()).toMatchObject({
      channels: [{ stage: 'open', balance: '1000', claimed: '0', available: '1000' }],
    })
  })

  test('is for the payer only, and its session key is told so', async () => {
    const who = await people()
    const channel = await EscrowChannel.open(chain, who, 1_000n)
    const ended = await withdraw(channel, who.receiver.key)
    expect([ended.code, ended.out]).toEqual([1, expect.stringContaining('only the payer may')])
  })

  test('finds the channels of a payer in the escrow', async () => {
    const who = await people()
    const channels = [await EscrowChannel.open(chain, who, 1_000n), await EscrowChannel.open(chain, who, 2_000n)]
    const args = ['withdraw', '--find', '--contract', escrow, '--rpc', chain.rpcUrl, '--json']
    const found = await pbstream(args, { key: who.payer.key })
    expect(found.code, found.err).toBe(0)
    expect(found.json()).toMatchObject({ channels: channels.map(({ id }) => ({ channelId: id, contract: escrow })) })
  })
})
