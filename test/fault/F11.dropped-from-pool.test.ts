/** F11: the pool forgets a transaction, and later nonces wait behind the gap. I8 I9. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { lost } from './support/RpcProxy.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  // Nothing is replaced for its fee here: what comes back are the same bytes.
  world = await World.start({ chain: { stallMs: 60_000 } })
})
afterAll(() => world?.stop())

test('I8 I9: a claim dropped from the pool goes out again with the same bytes, and those behind it follow', async () => {
  const { client } = world.stack.chain
  const [first, second] = await world.crowd(2)
  await Promise.all([first!.calls(1), second!.calls(1)])
  await drained(world)
  await client.setAutomine(false)
  await first!.calls(2)
  await until('the first claim waits in the pool', async () => (await client.getTxpoolStatus()).pending === 1)
  // Gone, and for a while no broadcast gets through: then the second one comes to a gap.
  const [hash] = (await client.request({ method: 'txpool_content' }).then(hashesOf)) as [`0x${string}`]
  world.rpc.on('eth_sendRawTransaction', lost, 2)
  await client.dropTransaction({ hash })
  await second!.calls(2)
  const lane = () => world.rows<{ hash: string }>('NONCE_LANE', 'SELECT hash FROM attempt WHERE sent_at IS NOT NULL')
  const sent = (await lane())[0]!.rows.length
  await until('the second claim went out behind it', async () => (await lane())[0]!.rows.length > sent)
  await client.setIntervalMining({ interval: 1 })
  await drained(world)
  expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})

type Pool = { pending: Record<string, Record<string, { hash: `0x${string}` }>> }

function hashesOf(content: unknown): `0x${string}`[] {
  return Object.values((content as Pool).pending).flatMap((byNonce) => Object.values(byNonce).map(({ hash }) => hash))
}
