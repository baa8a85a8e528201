import { chargeOf } from '@pbstream/local/Payer'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: [
      { path: '/cheap' },
      { path: '/dear', rate: { v: 1, kind: 'flat', amount: '2500' } },
      {
        path: '/varying',
        rate: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '1', per: '1', max: '3000' },
      },
      { path: '/stream' },
    ],
  })
})
afterAll(() => stack.stop())

describe('the official batch-settlement client, unchanged', () => {
  test('pays a first request by a deposit and gets the answer', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const response = await payer.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ok: true })
    expect(chargeOf(response)).toMatchObject({ amount: 1000n, total: 1000n })
  })

  test('pays 50 requests one after another on one deposit', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const before = await stack.usdc(payer.address)
    for (let i = 1n; i <= 50n; i++) {
      const response = await payer.fetch(`${stack.gateway}/cheap`)
      expect(response.status).toBe(200)
      expect(chargeOf(response)?.total).toBe(i * 1000n)
    }
    expect(before - (await stack.usdc(payer.address))).toBe(1_000_000n)
  })

  test('pays in parallel over several channels', async () => {
    const salts = Array.from({ length: 5 }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(64, '0')}`)
    const { key } = await stack.payer()
    const payers = await Promise.all(salts.map((salt) => stack.payer({ scheme: 'batch-settlement', key, salt })))
    const statuses = await Promise.all(
      payers.map(async (payer) => {
        const seen: number[] = []
        for (let i = 0; i < 5; i++) seen.push((await payer.fetch(`${stack.gateway}/cheap`)).status)
        return seen
      }),
    )
    expect(statuses.flat()).toEqual(Array(25).fill(200))
  })

  test('100 parallel calls of one client on one cold channel all succeed in turns, with one deposit', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    const before = await stack.usdc(payer.address)
    const responses = await Promise.all(Array.from({ length: 100 }, () => payer.fetch(`${stack.gateway}/cheap`)))
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(before - (await stack.usdc(payer.address))).toBe(1_000_000n)
    const totals = responses.map((response) => chargeOf(response)?.total ?? 0n).sort((a, b) => Number(a - b))
    expect(totals).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i + 1) * 1000n))
  })

  test('450 mixed calls with two prices, varying charges and 20 % upstream errors see no payment failure', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    let random = 7
    const next = () => (random = (random * 1103515245 + 12345) % 2147483648) / 2147483648
    stack.upstream.on('/varying', (_, response) => {
      response.writeHead(200, { 'pbstream-usage': String(Math.floor(next() * 3000)) }).end('ok')
    })
    for (const path of ['/cheap', '/dear']) {
      stack.upstream.on(path, (_, response) => void response.writeHead(next() < 0.2 ? 500 : 200).end('ok'))
    }
    const statuses = new Map<number, number>()
    for (let i = 0; i < 450; i++) {
      const path = ['/cheap', '/dear', '/varying'][i % 3]
      const { status } = await payer.fetch(`${stack.gateway}${path}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses.keys()].sort((a, b) => a - b)).toEqual([200, 500])
    expect(statuses.get(500)).toBeGreaterThan(30)
  })

  test('a stream reaches the caller before the upstream has finished', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement' })
    let finish = () => {}
    stack.upstream.on('/stream', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
      finish = () => void response.end('data: last\n\n')
    })
    const response = await payer.fetch(`${stack.gateway}/stream`)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('data: first\n\n')
    finish()
    expect((await reader.read()).value).toBe('data: last\n\n')
  })
})
