import { describe, expect, test } from 'vitest'
import * as Gas from '../src/Gas.ts'
import { order, World } from './support/World.ts'

const DAY = 86_400_000

describe('a balance', () => {
  test('below the mark is said once a day, as long as it stays there', () => {
    const first = Gas.judge(undefined, 999n, 1_000n, 5 * DAY)
    expect(first).toEqual({ say: true, low: { day: 5 }, balance: 999n })
    expect(Gas.judge(first.low, 10n, 1_000n, 5 * DAY + 1)).toEqual({ say: false, low: { day: 5 } })
    expect(Gas.judge(first.low, 10n, 1_000n, 6 * DAY)).toMatchObject({ say: true, low: { day: 6 } })
  })
  test('at the mark is enough; once it was low, only a quarter above it is', () => {
    expect(Gas.judge(undefined, 1_000n, 1_000n, 0)).toEqual({ say: false, low: undefined })
    expect(Gas.judge({ day: 0 }, 1_249n, 1_000n, 1)).toEqual({ say: false, low: { day: 0 } })
    expect(Gas.judge({ day: 0 }, 1_250n, 1_000n, 1)).toEqual({ say: false, low: undefined })
  })
})

describe('a lane whose signer runs out of ether', () => {
  const said = (world: World) => world.events.filter((event) => event.kind === 'incident' && event.what === 'gas_low')

  test('reports it once a day with the address to fill up, across crashes, and is quiet when there is enough again', async () => {
    const world = new World()
    world.balance = 400n
    await world.submit(order(0))
    for (let i = 0; i < 5; i++) {
      world.now += Gas.PAUSE
      world.restart()
      await world.tick()
    }
    expect(said(world)).toMatchObject([{ detail: { balance: '400', chainId: '84532' } }])
    world.now += DAY
    await world.tick()
    expect(said(world)).toHaveLength(2)
    world.balance = 2_000n
    world.now += DAY
    await world.tick()
    await world.tick()
    expect(said(world)).toHaveLength(2)
  })

  test('reports it although nothing is taken on any more', async () => {
    const world = new World()
    world.balance = 0n
    world.journal.pause(true)
    expect(await world.submit(order(0))).toMatchObject({ kind: 'unavailable' })
    expect(world.journal.outbox.nextDue()).toBeDefined()
    await world.tick()
    expect(said(world)).toHaveLength(1)
  })
})
