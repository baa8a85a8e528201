/** `pbstream curl`. */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import * as Amount from '@pbstream/core/Amount'
import * as Challenge from '@pbstream/core/Challenge'
import { type Cost, costOf, usdc } from './Cost.ts'
import { explained } from './Explain.ts'
import { Failure, UsageError } from './Failure.ts'
import * as HttpOptions from './HttpOptions.ts'
import * as Options from './Options.ts'
import * as PayOptions from './PayOptions.ts'
import { type Screen, show } from './Screen.ts'
import { trace, type Trace } from './Trace.ts'
import { answered, asker, type Request } from './validate/Ask.ts'
import { plain, visible } from './validate/Checks.ts'

export const curlHelp = `Usage: pbstream curl URL [-X METHOD] [-H 'Name: value']… [-d DATA] [-o FILE] [-i] [-v]
                     (--as NAME | --key-file FILE | PBSTREAM_KEY=…) [--max-price PRICE] [--budget PRICE]
       pbstream curl URL --dry-run

Calls an address and pays when it asks for it: in session mode where that is offered, else from a channel, else by one
transfer. The body goes to stdout as it comes; what it cost and the signed receipt go to stderr. Nothing is signed for a
price above --max-price, nor for a contract that is not known on its chain.

${HttpOptions.help}
  -o FILE            the body into FILE
  -i                 the head of the answer before its body
  -v                 every request and answer on stderr, without what pays and proves
  --dry-run          one unpaid request: what it would cost, and nothing is signed. No key is needed
${PayOptions.help}
  --json             one JSON object on stdout: { status, headers, body or bodyBase64, paid, requests }
  --help             this text

State is in $PBSTREAM_HOME/state (~/.pbstream/state); \`pbstream sessions\` shows it. Ends with 0 for an answer of 2xx (with
--dry-run: when it can be paid), 1 for any other or none, 2 when it was called wrongly.`

const options = {
  ...HttpOptions.options,
  ...PayOptions.options,
  output: { type: 'string', short: 'o' },
  include: { type: 'boolean', short: 'i' },
  verbose: { type: 'boolean', short: 'v' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Where the answer goes. */
type Show = { output?: string | undefined; include?: boolean | undefined; json?: boolean | undefined }

/** @throws {UsageError | Failure | PBStreamError} */
export async function curlCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const { values, words } = Options.parseWords(args, options, 1)
  if (values.help === true) {
    screen.out(curlHelp)
    return 0
  }
  const url = Options.webUrl('Say what to call', words[0])
  if (values.json === true && values.include === true) throw new UsageError('--json has the head in it: leave -i out.')
  const most = PayOptions.maxPrice(values)
  const request = await HttpOptions.request(url, values, at)
  if (values['dry-run'] === true) return dryRun(request, most, screen, values.json)

  const wire = trace(values.verbose === true ? screen.note : undefined)
  const payer = await PayOptions.payer(values, at, wire.fetch)
  const { method, headers, body } = request
  const response = await payer.fetch(request.url, {
    method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  })
  const problem = await explained(response)
  const kept = await pass(response, values, screen)
  const cost = await settled(response, () => payer.receipt(url.origin, wire.lastId() ?? ''))
  tell(cost, response, screen)
  for (const line of problem) screen.note(line)
  if (values.json === true) show(screen, true, summary(response, kept, cost, wire), [])
  return response.ok ? 0 : 1
}

/** The body to where it is wanted, chunk by chunk. With `--json` and no file it is kept and returned. */
async function pass(
  response: Response,
  { output, include, json }: Show,
  screen: Screen,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  const sink = json === true && output === undefined ? undefined : await sinkOf(output, screen)
  if (include === true) await sink?.write(new TextEncoder().encode(head(response)))
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      if (sink === undefined) chunks.push(chunk)
      else await sink.write(chunk)
    }
  } catch (error) {
    throw new Failure(`The answer broke off: ${(error as Error).message}. What came of it may have been charged.`)
  } finally {
    await sink?.close()
  }
  return sink === undefined ? new Uint8Array(Buffer.concat(chunks)) : undefined
}

type Sink = { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> }

async function sinkOf(output: string | undefined, screen: Screen): Promise<Sink> {
  if (output === undefined || output === '-') return { write: (bytes) => screen.write(bytes), close: async () => {} }
  const file = createWriteStream(output)
  await once(file, 'open').catch(() => {
    throw new UsageError(`${output} cannot be written.`)
  })
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => file.write(bytes, (error) => (error == null ? resolve() : reject(error)))),
    close: () => new Promise((resolve) => file.end(resolve)),
  }
}

function head(response: Response): string {
  const lines = [...response.headers].map(([name, value]) => `${name}: ${visible(value)}`)
  return `${[`HTTP ${response.status} ${plain(response.statusText)}`, ...lines].join('\r\n')}\r\n\r\n`
}

/** The receipt may come after the body: a stream's price is known at its end. */
async function settled(response: Response, later: () => Promise<string | undefined>): Promise<Cost | undefined> {
  const cost = costOf(response.headers)
  if (cost?.receipt !== undefined || !response.headers.has('pbstream-room')) return cost
  const receipt = await later().catch(() => undefined)
  return receipt === undefined ? cost : costOf(response.headers, receipt)
}

function tell(cost: Cost | undefined, response: Response, screen: Screen): void {
  if (cost === undefined) {
    screen.note(response.headers.has('pbstream-room') ? 'The price is not known yet.' : 'Nothing was paid.')
    return
  }
  const { amount, scheme, network, transaction, receipt } = cost
  const words = [scheme, network, transaction].filter((word) => word !== undefined).map(plain)
  screen.note(
    `paid ${amount === undefined ? 'an amount that the answer does not say' : usdc(amount)} ${words.join(' ')}`,
  )
  if (receipt !== undefined) screen.note(`receipt ${visible(receipt)}`)
}

function summary(response: Response, body: Uint8Array | undefined, cost: Cost | undefined, wire: Trace): object {
  const { status, headers } = response
  return {
    status,
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : content(body)),
    paid: cost ?? null,
    requests: wire.requests(),
  }
}

function content(bytes: Uint8Array): { body: string } | { bodyBase64: string } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { bodyBase64: Buffer.from(bytes).toString('base64') }
  }
}

/** What one unpaid request says of the price. */
async function dryRun(request: Request, most: bigint, screen: Screen, json: boolean | undefined): Promise<number> {
  const seen = await asker(request, 60_000)()
  if (!answered(seen)) throw new Failure(`${request.url.host} does not answer.`)
  const { status, headers } = seen
  if (status !== 402) {
    show(screen, json, { status, offers: [] }, [`Answered ${status} without asking for money.`])
    return seen.status < 400 ? 0 : 1
  }
  const required = Challenge.decode(headers.get('payment-required') ?? '')
  if (required === undefined) {
    throw new Failure(
      `${request.url.host} asks for money and makes no offer of x402 v2. \`pbstream validate\` says more.`,
    )
  }
  const offers = required.accepts.map(({ scheme, network, asset, amount, payTo }) => ({
    scheme,
    network,
    asset,
    amount,
    payTo,
    within: Amount.parse(amount) <= most,
  }))
  const lines = offers.map(({ scheme, network, amount, payTo, within }) =>
    plain(`${usdc(BigInt(amount))} by ${scheme} on ${network} to ${payTo}${within ? '' : ', above --max-price'}`),
  )
  const session = required.extensions?.['pbstream-session'] !== undefined
  show(screen, json, { status, session, offers }, session ? [...lines, 'Session mode is offered.'] : lines)
  return offers.some(({ within }) => within) ? 0 : 1
}
