/**
 * Hundreds of metered streams at once on one small deposit. I1 I6 I7: never above the deposit, the total is the sum of
 * what each call used, and nothing stays set aside.
 */
import { randomUUID } from 'node:crypto'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import * as Rate from '@pbstream/core/Rate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { Models } from '../support/Models.ts'
import { SessionClient } from '../support/SessionClient.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

const PATH = '/v1/chat/completions'
const STREAMS = 500
/** On a busy machine. */
const LONG_MS = 300_000
const price = (amount: string) => ({ model: 'per_unit' as const, amount })
const rate = Rate.parse({
  v: 2,
  kind: 'card',
  components: [
    { unit: 'input_token', price: price('1') },
    { unit: 'output_token', price: price('10') },
  ],
  maximum: '100000',
})

/** What each call asks for, and so what its upstream does. */
type Ask = { words: number; end: 'whole' | 'breaks' | 'left'; bounded: boolean }

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    routes: [{ path: PATH, adapter: 'openai', bodyPriced: true, rate }],
    vars: { SETTLE_COUNT: '100000' },
  })
  new Models(stack.upstream, (request) => {
    const { words, end } = JSON.parse(request['user'] as string) as Ask
    return {
      words: Array.from({ length: words }, (_, i) => ` word${i}`),
      usage: { prompt_tokens: 20, completion_tokens: words, total_tokens: 20 + words },
      // All streams are under way at once: each lets the others go on after each event.
      before: async (sent) => {
        await new Promise((resolve) => setImmediate(resolve))
        return end !== 'breaks' || sent <= words / 2
      },
    }
  })
})
afterAll(() => stack?.stop())

const bodyOf = (ask: Ask) =>
  JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'Hello' }],
    stream: true,
    user: JSON.stringify(ask),
    ...(ask.bounded ? { max_tokens: ask.words } : {}),
  })

type Ended = { id: string; status: number; seen: number }

/** Makes a call and reads it to its end, or leaves it in the middle. */
async function call(client: SessionClient, ask: Ask): Promise<Ended> {
  const id = randomUUID()
  const response = await client.strict(PATH, { method: 'POST', body: bodyOf(ask), id })
  if (response.status !== 200) {
    await response.body?.cancel()
    return { id, status: response.status, seen: 0 }
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const words = () => text.match(/"content":" word/g)?.length ?? 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += value
      if (ask.end === 'left' && words() >= ask.words / 2) {
        await reader.cancel()
        break
      }
    }
  } catch {
    // It broke off.
  }
  return { id, status: 200, seen: words() }
}

const viewOf = async (client: SessionClient) => {
  const session = (await stack.system.session(client.name)) as StreamSessionApi
  return (await session.view(1, client.channelId))!
}

/** What a call was charged, by its receipt; a call that never got through to an answer has none. */
async function charged(client: SessionClient, { id }: Ended): Promise<{ price: bigint; use: Rate.Units } | undefined> {
  const response = await client.receipt(id)
  if (response.status !== 200) return undefined
  const { receipt } = (await response.json()) as { receipt: string }
  const { price: amount, use = {} } = decodeJwt(receipt) as { price: string; use?: Record<string, string> }
  return {
    price: BigInt(amount),
    use: Object.fromEntries(Object.entries(use).map(([unit, count]) => [unit, BigInt(count)])),
  }
}

test(
  `${STREAMS} streams at once on one deposit: never above it, the total exact, nothing left set aside`,
  async () => {
    const { key: wallet } = await stack.payer()
    const deposit = 400_000n
    const client = await SessionClient.open({ gateway: stack.gateway, path: PATH, wallet, deposit, max: deposit })
    const most = { spent: 0n }
    let isOver = false
    const watching = until(
      'all calls have ended',
      async () => {
        const { spent, reserved } = await viewOf(client)
        if (spent + reserved > most.spent) most.spent = spent + reserved
        return isOver
      },
      LONG_MS,
    )
    const asks = Array.from({ length: STREAMS }, (_, i): Ask => ({
      words: 10 + (i % 40),
      end: i % 10 === 3 ? 'breaks' : i % 10 === 7 ? 'left' : 'whole',
      bounded: i % 5 !== 0,
    }))
    const ended = await Promise.all(asks.map((ask) => call(client, ask)))
    const spent = await until(
      'nothing is set aside any more',
      async () => {
        const view = await viewOf(client)
        return view.reserved === 0n && [view.spent]
      },
      60_000,
    ).then(([amount]) => amount!)
    isOver = true
    await watching

    // Those for which there was no room were told so, and nobody else was.
    const served = ended.filter(({ status }) => status === 200)
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set([200, 402]))
    expect(served.length).toBeGreaterThan(50)
    expect(most.spent).toBeLessThanOrEqual(deposit)
    expect(spent).toBeLessThanOrEqual(deposit)

    let sum = 0n
    const receipts = await Promise.all(ended.map((one) => charged(client, one)))
    for (const [i, one] of ended.entries()) {
      if (one.status !== 200) continue
      const { words, end } = asks[i]!
      const receipt = receipts[i]
      if (receipt === undefined) throw new Error(`call ${i} has no receipt`)
      const { use } = receipt
      expect(receipt.price).toBe(Rate.charge(rate, { units: use }, { at: 0 }))
      // Whole streams cost what they report, others at least what was read and at most what was made.
      const made = use['output_token'] ?? 0n
      if (end === 'whole') expect([use['input_token'], made]).toEqual([20n, BigInt(words)])
      else expect([made >= BigInt(one.seen), made <= BigInt(words)]).toEqual([true, true])
      sum += receipt.price
    }
    expect(sum).toBe(spent)
  },
  2 * LONG_MS,
)
