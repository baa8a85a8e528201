import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressOf } from '@pbstream/local/Keys'
import { chargeOf } from '@pbstream/local/Payer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-recovery-'))
  stack = await startStack({ routes: [{ path: '/cheap' }], vars: { SETTLE_COUNT: '3' }, directory })
})
afterAll(async () => {
  await stack.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('the official client recovers by the corrective 402', () => {
  test('after it lost its state', async () => {
    const first = await stack.payer({ scheme: 'batch-settlement' })
    for (let i = 0; i < 2; i++) expect((await first.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    const forgetful = await stack.payer({ scheme: 'batch-settlement', key: first.key })
    const response = await forgetful.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(200)
    expect(chargeOf(response)?.total).toBe(3000n)
  })

  test('after the gateway lost its object: what was claimed on chain is where both go on', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const provider = addressOf(stack.keys.provider)
    const before = await stack.usdc(provider)
    for (let i = 0; i < 3; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    await until('three payments are claimed', async () => (await stack.usdc(provider)) - before >= 3000n)
    // The fourth is forgotten with the object: the provider's loss, never the payer's.
    expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
    await stack.restart(() => rm(join(directory, 'workers/do/pbstream-gateway-StreamSession'), { recursive: true }))
    const response = await payer.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(200)
    expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  })
})

describe('a refund', () => {
  test('returns what is not spent and leaves the provider what is', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const before = await stack.usdc(payer.address)
    for (let i = 0; i < 3; i++) await payer.fetch(`${stack.gateway}/cheap`)
    const settled = await payer.channels.refund(`${stack.gateway}/cheap`)
    expect(settled.success).toBe(true)
    expect(before - (await stack.usdc(payer.address))).toBe(3000n)
  })

  test('can be partial, and the channel goes on', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const before = await stack.usdc(payer.address)
    await payer.fetch(`${stack.gateway}/cheap`)
    expect((await payer.channels.refund(`${stack.gateway}/cheap`, { amount: '400000' })).success).toBe(true)
    expect(before - (await stack.usdc(payer.address))).toBe(600_000n)
    expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  })

  test('after a full refund the next request deposits again', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    await payer.fetch(`${stack.gateway}/cheap`)
    await payer.channels.refund(`${stack.gateway}/cheap`)
    expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  })
})
