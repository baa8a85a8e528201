// Calls are paid, vouchers are exported, every Worker is stopped: provider and payer get at their money all the same.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { channelsOfReceiver } from '@pbstream/db/Receivers'
import { withdrawDelay } from '@pbstream/local/System'
import { addressOf } from '@pbstream/local/Keys'
import { bytesToHex, type Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { pbstream } from './support/pbstream.ts'

let stack: Stack
let directory: string
let control: string
let provider: Hex
let payers: Record<'plain' | 'metered' | 'claimed', StackPayer>
const file = (name: string) => join(directory, name)
const charged = { plain: 3000n, metered: 1234n, claimed: 5000n }
const funds = 1_000_000_000n

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-without-us-'))
  stack = await startStack({
    routes: [
      { path: '/cheap' },
      { path: '/metered', rate: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '1', per: '1', max: '3000' } },
    ],
    vars: { SETTLE_COUNT: '4' },
  })
  control = stack.system.urls.control
  provider = addressOf(stack.keys.provider)
  stack.upstream.on('/metered', (_, response) => {
    response.writeHead(200, { 'pbstream-usage': '1234' }).end('ok')
  })
  const sessionKey = bytesToHex(crypto.getRandomValues(new Uint8Array(32)))
  const channels = { scheme: 'batch-settlement' } as const
  payers = {
    plain: await stack.payer(channels),
    metered: await stack.payer({ ...channels, sessionKey }),
    claimed: await stack.payer(channels),
  }
  for (let i = 0; i < 3; i++) await paid(payers.plain, '/cheap')
  await paid(payers.metered, '/metered')
  for (let i = 0; i < 4; i++) await paid(payers.claimed, '/cheap')
  await until('four payments are settled by us', async () => (await stack.usdc(provider)) === 4000n)
  await paid(payers.claimed, '/cheap')
  await until('the database knows the channels', async () => {
    return (await channelsOfReceiver(stack.system.database, provider, { limit: 10 })).length === 3
  })
  await until('the session has heard that it was claimed', async () => {
    const { orm, tables } = stack.system.database
    return (await orm.select().from(tables.channel)).some(({ claimed }) => claimed === '4000')
  })
  // Who claims by themselves pays gas by themselves.
  await stack.chain.fund([provider], { usdc: 0n })
})

afterAll(async () => {
  await stack.stop()
  await rm(directory, { recursive: true, force: true })
})

async function paid(payer: StackPayer, path: string): Promise<void> {
  const response = await payer.fetch(`${stack.gateway}${path}`)
  expect(response.status).toBe(200)
  await response.text()
}

/** What the chain has seen of an account's own doing. */
const sent = (address: Hex) => stack.chain.client.getTransactionCount({ address })

describe('while the Workers run', () => {
  const at = (offset: number) => `${new Date(Date.now() + 1000 * offset).toISOString().slice(0, 19)}Z`

  async function ask(key: Hex, over: Partial<VoucherExport.Proof>): Promise<Response> {
    const proof = { host: new URL(control).host, receiver: provider, issuedAt: at(0), ...over }
    const signature = await privateKeyToAccount(key).signMessage({ message: VoucherExport.proofText(proof) })
    return fetch(`${control}/v1/vouchers/export?receiver=${provider}`, {
      headers: { authorization: VoucherExport.authorization(proof.issuedAt, signature) },
    })
  }

  test.each<[string, string, (key: Hex) => Promise<Response>]>([
    ['to another wallet', 'receiver_proof_invalid', () => ask(payers.plain.key, {})],
    ['for a signature of six minutes ago', 'receiver_proof_expired', (key) => ask(key, { issuedAt: at(-360) })],
    [
      'for a signature that another host was given',
      'receiver_proof_invalid',
      (key) => ask(key, { host: 'evil.example' }),
    ],
    [
      'with garbage',
      'receiver_proof_invalid',
      () =>
        fetch(`${control}/v1/vouchers/export?receiver=${provider}`, { headers: { authorization: 'PBStream-Wallet' } }),
    ],
    ['without a header', 'receiver_proof_invalid', () => fetch(`${control}/v1/vouchers/export?receiver=${provider}`)],
  ])('vouchers are refused %s', async (_, code, request) => {
    const response = await request(stack.keys.provider)
    expect([response.status, await response.json()]).toMatchObject([401, { code }])
  })

  test('a wallet that keeps its key signs a text and shows the signature', async () => {
    const text = await pbstream(['export', '--url', control, '--receiver', provider, '--text'])
    const message = text.out.trimEnd()
    expect(message).toContain(new URL(control).host)
    const issuedAt = /Issued at: (\S+)/.exec(message)?.[1] ?? ''
    const signature = await privateKeyToAccount(stack.keys.provider).signMessage({ message })
    const proof = ['--receiver', provider, '--issued-at', issuedAt, '--signature', signature]
    const shown = await pbstream(['export', '--url', control, ...proof])
    expect(shown.code, shown.err).toBe(0)
    expect(VoucherExport.parse(shown.json()).channels).toHaveLength(3)
  })

  test('the receiver exports what it is owed, into a file that only it can read', async () => {
    const args = ['export', '--url', control, '--out', file('export.json'), '--key-file', '-']
    const ended = await pbstream(args, { stdin: stack.keys.provider })
    expect(ended.code, ended.err).toBe(0)
    expect((await stat(file('export.json'))).mode & 0o777).toBe(0o600)
    const { channels } = VoucherExport.parse(JSON.parse(await readFile(file('export.json'), 'utf8')))
    const of = (payer: StackPayer) => channels.find(({ config }) => config.payer === payer.address)
    expect(of(payers.plain)).toMatchObject({ spent: charged.plain, claimed: 0n, voucher: { max: 3000n } })
    expect(of(payers.metered)).toMatchObject({ spent: charged.metered, claimed: 0n, voucher: { max: 3000n } })
    expect(of(payers.claimed)).toMatchObject({ spent: charged.claimed, claimed: 4000n, voucher: { max: 5000n } })
  })
})

describe('when every Worker is stopped', () => {
  beforeAll(async () => {
    await stack.system.stop()
  })

  const claim = (...more: string[]) => {
    const args = ['claim', '--file', file('export.json'), '--rpc', stack.chain.rpcUrl, ...more]
    return pbstream(args, { key: stack.keys.provider })
  }
  const withdraw = (payer: StackPayer, ...more: string[]) =>
    pbstream(['withdraw', '--rpc', stack.chain.rpcUrl, ...more], { key: payer.key })

  test('none of them answers any more', async () => {
    for (const url of Object.values(stack.system.urls)) await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('a trial says what would be paid, and sends nothing', async () => {
    const before = await sent(provider)
    const ended = await pbstream(['claim', '--file', file('export.json'), '--rpc', stack.chain.rpcUrl, '--dry-run'])
    expect(ended.code, ended.err).toBe(0)
    expect(ended.out).toContain('Would record 0.005234 USDC (5234 atomic units) on 3 channels.')
    expect(ended.out).toContain(`Would pay 0.005234 USDC (5234 atomic units) to ${provider}.`)
    expect([await stack.usdc(provider), await sent(provider)]).toEqual([4000n, before])
  })

  test('the provider claims exactly what was charged', async () => {
    const ended = await claim()
    expect(ended.code, ended.err).toBe(0)
    expect(ended.out).toContain('Recorded 0.005234 USDC (5234 atomic units) on 3 channels.')
    expect(await stack.usdc(provider)).toBe(charged.plain + charged.metered + charged.claimed)
  })

  test('claiming again changes nothing', async () => {
    const before = await sent(provider)
    const ended = await claim('--json')
    expect(ended.code, ended.err).toBe(0)
    expect(ended.json()).toMatchObject({ complete: true, payouts: [], transactions: [] })
    expect([await stack.usdc(provider), await sent(provider)]).toEqual([9234n, before])
  })

  test('a payer finds its channels by the chain alone, and asks for its money', async () => {
    for (const [name, payer] of Object.entries(payers)) {
      const args = ['withdraw', '--find', '--payer', payer.address, '--rpc', stack.chain.rpcUrl, '--json']
      const found = await pbstream(args)
      expect(found.code, found.err).toBe(0)
      await writeFile(file(`${name}.json`), found.out)
      const asked = await withdraw(payer, '--channel', file(`${name}.json`))
      expect(asked.code, asked.err).toBe(0)
      expect(asked.out).toMatch(/can be finalised at .* UTC \(in (15 min|14 min \d+ s)\)/)
    }
  })

  test('too early it is told when to come back, and asking again changes nothing', async () => {
    const before = await sent(payers.plain.address)
    const early = await withdraw(payers.plain, '--channel', file('plain.json'), '--finalize')
    expect(early.code).toBe(1)
    expect(early.out).toMatch(/can be finalised at/)
    expect((await withdraw(payers.plain, '--channel', file('plain.json'))).code).toBe(0)
    expect(await sent(payers.plain.address)).toBe(before)
  })

  test('after the delay each payer has back all that was not charged, to the unit', async () => {
    await stack.chain.client.increaseTime({ seconds: withdrawDelay })
    await stack.chain.client.mine({ blocks: 1 })
    for (const name of ['plain', 'metered', 'claimed'] as const) {
      const payer = payers[name]
      const ended = await withdraw(payer, '--channel', file(`${name}.json`), '--finalize')
      expect(ended.code, ended.err).toBe(0)
      expect(await stack.usdc(payer.address)).toBe(funds - charged[name])
      const again = await withdraw(payer, '--channel', file(`${name}.json`), '--finalize')
      expect([again.code, again.out]).toEqual([0, expect.stringContaining('Nothing to withdraw.')])
    }
  })
})
