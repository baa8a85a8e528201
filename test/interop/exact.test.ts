import { chargeOf } from '@pbstream/local/Payer'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }, { path: '/broken' }] })
})
afterAll(() => stack.stop())

describe('the official exact client, unchanged', () => {
  test('pays with one transfer and gets the answer', async () => {
    const provider = addressOf(stack.keys.provider)
    const before = await stack.usdc(provider)
    const payer = await stack.payer({ scheme: 'exact' })
    const response = await payer.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(200)
    expect(chargeOf(response)?.transaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect((await stack.usdc(provider)) - before).toBe(1000n)
  })

  test('is not charged when the upstream fails', async () => {
    stack.upstream.on('/broken', (_, response) => void response.writeHead(500).end('broken'))
    const payer = await stack.payer({ scheme: 'exact' })
    const before = await stack.usdc(payer.address)
    expect((await payer.fetch(`${stack.gateway}/broken`)).status).toBe(500)
    expect(await stack.usdc(payer.address)).toBe(before)
  })

  test('a payer without money gets a 402 that says so and the upstream is not called', async () => {
    const poor = await stack.payer({ scheme: 'exact', funds: { usdc: 0n } })
    const calls = stack.upstream.calls('/cheap')
    const response = await poor.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(402)
    expect(await response.json()).toMatchObject({ code: 'insufficient_funds' })
    expect(stack.upstream.calls('/cheap')).toBe(calls)
  })
})
