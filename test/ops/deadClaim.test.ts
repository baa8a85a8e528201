/** A claim dies because the node is away for longer than its queue tries; an operator replays it, and once is enough. */
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Reaction, RpcProxy } from '../fault/support/RpcProxy.ts'
import { wrapped } from '../fault/support/bundles.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { ops } from '../support/operator.ts'
import { until } from '../support/until.ts'

let stack: Stack
let rpc: RpcProxy

beforeAll(async () => {
  rpc = await RpcProxy.start()
  const bundles = inject('bundles')
  const settlement = await wrapped('settlement', bundles.settlement)
  // A claim leaves its session when an operator drains it, and not by itself.
  stack = await startStack({
    routes: [{ path: '/cheap' }],
    system: { rpcUrl: rpc.url, bundles: { ...bundles, settlement }, batchSeconds: 0.05 },
  })
  rpc.target = stack.chain.rpcUrl
})
afterAll(async () => {
  await stack?.stop()
  await rpc?.stop()
})

type Letters = { deadLetters: { id: string; kind: string; detail: { channelId: string; total: string } }[] }

async function channel() {
  const { orm, tables } = stack.system.database
  const [row] = await orm.select().from(tables.channel)
  return row
}

test('a dead claim is replayed: its session sends it again, it is settled once, and a second replay finds nothing', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  for (let i = 0; i < 3; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  const { id } = await until('three charges are shown', async () => {
    const row = await channel()
    return row?.spent === '3000' && row.provisional === '0' && row
  })
  let away = true
  const isAway: Reaction = (_, pass) => (away ? 'silence' : pass())
  for (const method of ['eth_call', 'eth_blockNumber']) rpc.on(method, isAway, Number.POSITIVE_INFINITY)
  // The queue tries as often as it would, only without its pauses of 20, 40 and 80 s.
  await fetch(`${stack.system.urls.settlement}/.fault/arm`, {
    method: 'POST',
    body: JSON.stringify({ point: 'consumer:hurried', times: 1_000_000, ms: 0 }),
  })
  expect((await ops(stack, 'drain', id)).code).toBe(0)
  const letter = await until('it is a dead letter', async () => {
    const { deadLetters } = JSON.parse((await ops(stack, 'stuck', '--json')).out) as Letters
    return deadLetters[0]
  })
  expect(letter).toMatchObject({ kind: 'claim', detail: { channelId: id, total: '3000' } })
  const provider = addressOf(stack.keys.provider)
  expect(await stack.usdc(provider)).toBe(0n)
  away = false

  const first = await ops(stack, 'replay', letter.id, '--json')
  expect([first.code, JSON.parse(first.out)]).toEqual([
    0,
    { kind: 'replayed', detail: { channelId: id, claim: 'sent', total: '3000' } },
  ])
  const second = await ops(stack, 'replay', letter.id)
  expect([second.code, second.err]).toEqual([1, expect.stringContaining('There is no such thing there')])

  await until('the provider is paid and shown to be', async () => {
    return (await stack.usdc(provider)) === 3_000n && (await channel())?.settled === '3000'
  })
  const { orm, tables } = stack.system.database
  const claims = (await orm.select().from(tables.settlement)).filter(({ purpose }) => purpose === 'claim')
  expect(claims.map(({ status }) => status)).toEqual(['confirmed'])
  expect(await channel()).toMatchObject({ spent: '3000', claimed: '3000', settled: '3000', lost: '0' })
  expect((await ops(stack, 'stuck')).out).toContain('dead letters: none')
})
