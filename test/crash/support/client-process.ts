/**
 * Callers that keep so many paid streams going: official clients, a few wallets with several channels each. Every call has
 * a request id. A stream that reached its end is paid for; of one that was cut, and of those that an earlier process left
 * behind, the gateway is asked by the id. A line of JSON tells how many streams are going. When its input ends it starts
 * no new streams, and ends when nothing is open.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Payer, chargeOf, createPayer } from '@pbstream/local/Payer'
import type { Hex } from 'viem'
import { Calls } from './Calls.ts'

type Settings = { rpcUrl: string; gateway: string; directory: string; keys: Hex[]; salts: Hex[]; streams: number }

const { rpcUrl, gateway, directory, keys, salts, streams } = JSON.parse(process.argv[2] ?? '') as Settings
const calls = new Calls(join(directory, 'calls.log'))
const left = calls.open()
const run = `${Date.now()}`
const held: [Channel, string][] = []
let quiet = false
let going = 0
let next = 0

/** One channel: its client knows one voucher at a time, so calls are started one after another, and then go on together. */
class Channel {
  readonly name: string
  /** Its client has been served, so it knows where the channel stands and signs what nobody else can have. */
  proven = false
  readonly #served = Promise.withResolvers<void>()
  readonly #payer: Payer
  #turn: Promise<unknown> = Promise.resolve()

  constructor(name: string, key: Hex, salt: Hex) {
    this.name = name
    this.#payer = createPayer({ rpcUrl, key, salt, scheme: 'batch-settlement', deposit: 20_000_000n })
  }

  /**
   * Until then all but one of its calls wait: the others would be turned away with vouchers that claims have shown to
   * everybody, thousands of times a second, and the chain be asked each time.
   */
  get known(): Promise<void> {
    return this.#served.promise
  }

  served(): void {
    this.proven = true
    this.release()
  }

  /** Nobody waits any longer. */
  release(): void {
    this.#served.resolve()
  }

  start(id: string): Promise<Response> {
    const go = () => this.#payer.fetch(`${gateway}/stream`, { headers: { 'idempotency-key': id } })
    const answer = this.#turn.then(go)
    this.#turn = answer.catch(() => {})
    return answer
  }
}

const channels = keys.flatMap((key, i) => salts.map((salt, j) => new Channel(`${i}.${j}`, key, salt)))
const byName = new Map(channels.map((channel) => [channel.name, channel]))

/** Sees one call to an end that both sides know. */
async function settle(channel: Channel, id: string): Promise<void> {
  for (let pause = 50; ; pause = Math.min(2 * pause, 1_000)) {
    const standing = await attempt(channel, id).catch(() => 'asked' as const)
    if (standing === 'told' || standing === 'over') return
    // Money that is held for a gateway that has gone comes back after a minute and a half: asked about once more at the end.
    if (standing === 'held') {
      if (!quiet) held.push([channel, id])
      return
    }
    await delay(pause)
  }
}

async function attempt(channel: Channel, id: string): Promise<'asked' | 'told' | 'over' | 'held'> {
  const { proven } = channel
  const response = await channel.start(id)
  if (response.status === 200) {
    channel.served()
    return stream(response, id)
  }
  const { code } = (await response.json()) as { code: string }
  if (code === 'request_in_flight') calls.note(id, 'held')
  if (code !== 'request_id_used') return code === 'request_in_flight' ? 'held' : 'asked'
  const receipt = response.headers.get('pbstream-receipt')
  // Who shows a voucher that a claim has made public is not told how a call ended.
  if (receipt === null && !proven) return 'asked'
  if (receipt === null) calls.note(id, 'over')
  else calls.note(id, 'told', priceIn(receipt))
  return receipt === null ? 'over' : 'told'
}

/** Reads a stream to its end; one that is cut short is asked about again. */
async function stream(response: Response, id: string): Promise<'told' | 'asked'> {
  going++
  tell()
  try {
    const text = await response.text()
    if (!text.includes('event: end')) return 'asked'
    calls.note(id, 'told', chargeOf(response)!.amount)
    return 'told'
  } finally {
    going--
    tell()
  }
}

/** The price in a receipt. */
function priceIn(receipt: string): bigint {
  const claims = JSON.parse(Buffer.from(receipt.split('.')[1]!, 'base64url').toString()) as { price: string }
  return BigInt(claims.price)
}

/** Keeps one stream of a channel going after another; the `first` caller of a channel finds out where it stands. */
async function caller(channel: Channel, first: boolean): Promise<void> {
  if (!first) await channel.known
  while (!quiet) {
    const id = `${channel.name}-${run}-${next++}`
    calls.note(id, 'asked')
    await settle(channel, id)
  }
  channel.release()
}

function tell(): void {
  console.log(JSON.stringify({ going }))
}

process.stdin.resume().once('end', () => (quiet = true))
tell()
const after = left.map(async (id) => {
  const channel = byName.get(id.split('-')[0]!)!
  await channel.known
  await settle(channel, id)
})
const slots = Array.from({ length: streams }, (_, i) => caller(channels[i % channels.length]!, i < channels.length))
await Promise.all([...after, ...slots])
await Promise.all(held.map(([channel, id]) => settle(channel, id)))
process.exit()
