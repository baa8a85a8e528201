/** F09: settlement is cut off before broadcast, after it, and between receipt and acknowledgement. I3 I9. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
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
  let ended = 0
  const endsLane = async () => {
    await world.abort('NONCE_LANE')
    ended++
  }
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
  // An object that is being ended cannot be asked for its rows.
  await until('every fault has struck', async () => {
    const struck = { ...(await world.struck('gateway')), ...(await world.struck('settlement')) }
    const moments = ['before', 'undone', 'done'].map((moment) => `acknowledge:abort_${moment}`)
    return ended === 3 && ['consumer:crash_before', ...moments].every((point) => struck[point] === 1)
  })
  await drained(world)
  for (const { state } of await lanesInOrder(world)) expect(state).toBe('confirmed')
})
