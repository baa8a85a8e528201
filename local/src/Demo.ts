import { setTimeout as delay } from 'node:timers/promises'
import { formatUnits, parseAbi } from 'viem'
import { Chain } from './Chain.ts'
import { type Keys, addressOf } from './Keys.ts'
import { type Payer, chargeOf, createPayer } from './Payer.ts'
import type { Progress } from './Progress.ts'
import { verifyReceipt } from './Receipt.ts'
import type { System } from './System.ts'

type Story = { chain: Chain; system: System; keys: Keys; progress: Progress }

/** How many payments the story makes after the first two: enough to cross the settlement threshold of 100. */
const calls = 100

/** The story of one caller, told as it happens: a 402, a payment, a stream, a hundred calls, one settlement. */
export async function demo(story: Story): Promise<void> {
  const { system, keys, progress, chain } = story
  const gateway = system.urls.gateway
  const payer = createPayer({
    rpcUrl: chain.rpcUrl,
    key: keys.payer,
    sessionKey: keys.sessionKey,
    scheme: 'batch-settlement',
  })
  const before = await providerBalance(story)

  progress.title('A caller without payment')
  await unpaid(story, `${gateway}/weather`)

  progress.title('The official x402 client pays; its wallet authorised a session key')
  const weather = await payer.fetch(`${gateway}/weather`)
  progress.say(`GET /weather → ${weather.status} ${await weather.text()}`, { status: weather.status })
  await tellCharge(story, weather)

  progress.title('An answer that streams, sold by tokens')
  await stream(story, payer)

  progress.title(`${calls} more calls, no block in between`)
  const started = performance.now()
  let total = 0n
  for (let i = 0; i < calls; i++) {
    const response = await payer.fetch(`${gateway}/weather`)
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`call ${i + 1} got ${response.status}`)
    total = chargeOf(response)?.total ?? total
  }
  const ms = Math.round(performance.now() - started)
  progress.say(`${calls} × 200 in ${ms} ms; running total ${usdc(total)}`, { calls, ms, total: String(total) })

  progress.title('The threshold of 100 payments is crossed: the money goes on chain')
  const paid = await settled(story, before)
  progress.say(`settlement transaction ${paid.transaction}`, { transaction: paid.transaction })
  progress.say(`provider ${usdc(before)} → ${usdc(paid.balance)}`, {
    before: String(before),
    after: String(paid.balance),
  })
}

async function unpaid({ progress }: Story, url: string): Promise<void> {
  const response = await fetch(url)
  const header = response.headers.get('PAYMENT-REQUIRED') ?? ''
  const { accepts } = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as {
    accepts: { scheme: string; network: string; amount: string }[]
  }
  progress.say(`GET /weather → ${response.status}`, { status: response.status })
  for (const { scheme, network, amount } of accepts)
    progress.say(`offer: ${usdc(BigInt(amount))} by ${scheme} on ${network}`)
}

async function tellCharge({ progress, system }: Story, response: Response): Promise<void> {
  const charge = chargeOf(response)
  if (charge === undefined) throw new Error('the answer has no PAYMENT-RESPONSE')
  const receipt = response.headers.get('PBStream-Receipt') ?? ''
  const claims = await claimsOf(system, receipt)
  progress.say(`charged ${usdc(charge.amount)}, running total ${usdc(charge.total)}`, {
    charged: String(charge.amount),
    total: String(charge.total),
  })
  progress.say(`receipt verified offline: ${receipt.slice(0, 24)}…`, { receipt, claims })
}

/** Sold by tokens: the most that the request allows is set aside, and what the answer used is charged at its end. */
async function stream({ progress, system }: Story, payer: Payer): Promise<void> {
  const started = performance.now()
  const messages = [{ role: 'user', content: 'What is a channel?' }]
  const response = await payer.fetch(`${system.urls.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'pbstream-receipt-event': 'true' },
    body: JSON.stringify({ model: 'demo', stream: true, max_tokens: 200, messages }),
  })
  if (response.body === null || response.status !== 200) throw new Error(`the stream got ${response.status}`)
  progress.write('  ')
  let firstMs: number | undefined
  let rest = ''
  let receipt: string | undefined
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    firstMs ??= Math.round(performance.now() - started)
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      progress.write(deltaOf(event))
      receipt ??= receiptIn(event)
    }
  }
  progress.write('\n')
  const ms = Math.round(performance.now() - started)
  progress.say(`first byte after ${firstMs} ms, last after ${ms} ms`, { firstMs, ms })
  const { price, use = {} } = await claimsOf(system, receipt ?? '')
  const input = use['input_token'] ?? '0'
  const output = use['output_token'] ?? '0'
  progress.say(`${input} tokens in, ${output} tokens out: ${usdc(BigInt(price))}`, { price, input, output })
}

/** What a receipt says, when a key of the gateway has signed it. */
async function claimsOf(system: System, receipt: string): Promise<{ price: string; use?: Record<string, string> }> {
  const jwks = (await (await fetch(`${system.urls.gateway}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] }
  const claims = verifyReceipt(receipt, jwks)
  if (claims === undefined) throw new Error('the receipt does not verify')
  return claims as { price: string; use?: Record<string, string> }
}

/** The receipt, when this is the event that has it. */
function receiptIn(event: string): string | undefined {
  return /^event: pbstream-receipt\ndata: (\S+)$/.exec(event)?.[1]
}

function deltaOf(event: string): string {
  if (!event.startsWith('data: {')) return ''
  const { choices } = JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }
  return choices[0]?.delta.content ?? ''
}

/** Waits until the provider has more than `before`, and finds the transaction that brought it. */
async function settled(story: Story, before: bigint): Promise<{ balance: bigint; transaction: string }> {
  const { chain, keys } = story
  const deadline = performance.now() + 60_000
  for (;;) {
    const balance = await providerBalance(story)
    if (balance > before) {
      const logs = await chain.client.getLogs({
        address: Chain.addresses.usdc,
        event: parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)'])[0],
        args: { to: addressOf(keys.provider) },
        fromBlock: 0n,
      })
      return { balance, transaction: logs.at(-1)?.transactionHash ?? '' }
    }
    if (performance.now() > deadline) throw new Error('no settlement within a minute')
    await delay(200)
  }
}

function providerBalance({ chain, keys }: Story): Promise<bigint> {
  return chain.client.readContract({
    address: Chain.addresses.usdc,
    abi: parseAbi(['function balanceOf(address) view returns (uint256)']),
    functionName: 'balanceOf',
    args: [addressOf(keys.provider)],
  })
}

function usdc(amount: bigint): string {
  return `${formatUnits(amount, 6)} USDC`
}
