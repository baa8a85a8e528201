/** F09: settlement is cut off before broadcast, after it, and between receipt and acknowledgement. I3 I9. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { World } from './support/World.ts'
import { drained, lanesInOrder } from './support/drained.ts'

let world: World

beforeAll(async () => {
  world = await World.start()
})
afterAll(() => world?.stop())

test('I3 I9: a claim that is cut off at every step on its way is mined once and told once', async () => {
  const callers = await world.crowd(2)
  await Promise.all(callers.map((caller) => caller.calls(2)))
  const endsLane = () => world.abort('NONCE_LANE')
  await world.arm('settlement', 'consumer:crash_before')
  world.rpc.on('eth_sendRawTransaction', async () => {
    await endsLane()
    return 'silence' as const
  })
  world.rpc.on('eth_sendRawTransaction', async (_, pass) => {
    await pass()
    await endsLane()
    return 'silence' as const
  })
  world.rpc.on('eth_getTransactionReceipt', async (_, pass) => {
    const answer = await pass()
    await endsLane()
    return answer
  })
  await world.arm('gateway', 'acknowledge:abort_before')
  await world.arm('gateway', 'acknowledge:abort_undone')
  await world.arm('gateway', 'acknowledge:abort_done')
  await Promise.all(callers.map((caller) => caller.calls(3)))
  await drained(world)
  const struck = { ...(await world.struck('gateway')), ...(await world.struck('settlement')) }
  const all = ['before', 'undone', 'done'].map((moment) => `acknowledge:abort_${moment}`)
  for (const point of ['consumer:crash_before', ...all]) expect(struck[point], point).toBe(1)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})
