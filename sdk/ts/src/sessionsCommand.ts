/** `pbstream sessions`. */
import { type Hex, isAddress } from '@pbstream/core/Hex'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChannelInfo, Closed, Payer } from './client.ts'
import { ControlApi } from './ControlApi.ts'
import { usdc } from './Cost.ts'
import { Failure, UsageError } from './Failure.ts'
import { freeze } from './Freeze.ts'
import * as KeyStore from './KeyStore.ts'
import * as Options from './Options.ts'
import * as PayOptions from './PayOptions.ts'
import { type Screen, show, time } from './Screen.ts'
import { plain } from './validate/Checks.ts'

export const sessionsHelp = `Usage: pbstream sessions list [--as NAME | --key-file FILE | PBSTREAM_KEY=…]
       pbstream sessions view WHERE (--as NAME | …)
       pbstream sessions close WHERE [--refund] (--as NAME | …)
       pbstream sessions freeze KEY --url CONTROL (PB_API_KEY=… | --as NAME | …) [--test]

What was paid from where on this machine, and how to end it. WHERE is the address of a service, or the id of a channel.

  list    channels and sessions: what is charged, what is signed, what is left; without a key, of all of \`pbstream keys\`
  view    one of them, with everything that is known
  close   end the sessions at that service: their keys are worth nothing from then on
  freeze  stop a session key everywhere, by its owner: its id sk_…, its address, or its name in \`keys list\`. In force when
          this ends; what was being served before may still be charged

  --refund           have what is not spent sent back to the wallet
  --url CONTROL      origin of the control Worker, such as https://control.example
  --api-key-file F   the API key in a file; - reads it from stdin. Or the environment variable PB_API_KEY
  --test             keys of the test mode, when signing in with a wallet
${PayOptions.help}
  --json             the result as JSON on stdout
  --help             this text

Ends with 0 when it is done, 1 when it could not be, 2 when it was called wrongly.`

const options = {
  ...PayOptions.options,
  refund: { type: 'boolean' },
  url: { type: 'string' },
  'api-key-file': { type: 'string' },
  test: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Values = PayOptions.Given & {
  refund?: boolean | undefined
  url?: string | undefined
  'api-key-file'?: string | undefined
  test?: boolean | undefined
  json?: boolean | undefined
}

/** @throws {UsageError | Failure | PBStreamError} */
export async function sessionsCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const { values, words } = Options.parseWords(args, options, 2)
  if (values.help === true) {
    screen.out(sessionsHelp)
    return 0
  }
  const [act, which] = words
  switch (act) {
    case 'list':
      if (which !== undefined) throw new UsageError('`sessions list` takes no word. `sessions view` shows one.')
      return list(values, at, screen)
    case 'view':
      return view(needed(which), values, at, screen)
    case 'close':
      return close(needed(which), values, at, screen)
    case 'freeze':
      return stop(which, values, at, screen)
    default:
      throw new UsageError('Say what to do: sessions list, view, close or freeze.')
  }
}

type Row = ChannelInfo & { as?: string }

async function list(values: Values, at: Options.Environment, screen: Screen): Promise<number> {
  const rows: Row[] = []
  for (const { key, name } of await keysOf(values, at)) {
    const payer = await PayOptions.payerOf(key, values, at)
    const named = name === undefined ? {} : { as: name }
    rows.push(...(await payer.channels({ ask: true })).map((channel) => ({ ...channel, ...named })))
  }
  const none = ['Nothing was paid from a channel on this machine yet.']
  show(screen, values.json, { channels: rows }, rows.length === 0 ? none : rows.map(line))
  return 0
}

/** The key that was named, or all of the store. */
async function keysOf(values: Values, at: Options.Environment): Promise<{ key: Hex; name?: string }[]> {
  const key = await PayOptions.keyOf(values, at)
  if (key !== undefined) return [{ key }]
  const home = KeyStore.home(at.env)
  const stored = await KeyStore.list(home)
  return Promise.all(stored.map(async ({ name }) => ({ name, key: (await KeyStore.read(home, name)).key })))
}

async function view(which: string, values: Values, at: Options.Environment, screen: Screen): Promise<number> {
  const payer = await PayOptions.payer(values, at)
  const rows = find(await payer.channels({ ask: true }), which)
  show(screen, values.json, { channels: rows }, rows.flatMap(details))
  return 0
}

async function close(which: string, values: Values, at: Options.Environment, screen: Screen): Promise<number> {
  const payer = await PayOptions.payer(values, at)
  const origins = new Set(find(await payer.channels(), which).map(({ origin }) => origin))
  const closed: Closed[] = []
  for (const origin of origins) closed.push(...(await end(payer, origin, values.refund === true)))
  const lines = closed.map(({ channelId, origin, charged, refunded, transaction }) => {
    const back = refunded === undefined ? '' : `, ${usdc(refunded)} went back`
    return plain(
      `Closed ${channelId} at ${origin}: ${usdc(charged)} charged${back}${transaction === undefined ? '' : `, ${transaction}`}.`,
    )
  })
  show(
    screen,
    values.json,
    { closed },
    lines.length === 0 ? ['No session was open there, and nothing is left to come back.'] : lines,
  )
  return 0
}

/** Sessions first; then, when money is wanted back, channels that had none. */
async function end(payer: Payer, origin: string, refund: boolean): Promise<Closed[]> {
  const closed = await payer.close({ origin, refund })
  return refund ? [...closed, ...(await payer.refund({ origin }))] : closed
}

async function stop(
  which: string | undefined,
  values: Values,
  at: Options.Environment,
  screen: Screen,
): Promise<number> {
  if (which === undefined) throw new UsageError('Say which key: its id sk_…, its address, or its name in `keys list`.')
  const { origin, protocol, hostname } = Options.webUrl(
    'Say where the control Worker answers: --url https://…',
    values.url,
  )
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  if (protocol !== 'https:' && !local)
    throw new UsageError('--url is not https: what proves the owner would be readable.')
  const known = which.startsWith('sk_') || isAddress(which)
  const target = known ? which : (await KeyStore.read(KeyStore.home(at.env), which)).stored.address
  const api = await owner(origin, values, at)
  try {
    const { id, key, status } = await freeze(api, target)
    const more = status === 'freezing' ? '; what was being served before is ending' : ''
    show(screen, values.json, { id, key, status }, [plain(`${id} (${key}) is ${status}${more}.`)])
    return status === 'frozen' || status === 'freezing' ? 0 : 1
  } finally {
    await api.end()
  }
}

async function owner(origin: string, values: Values, at: Options.Environment): Promise<ControlApi> {
  const file = values['api-key-file']
  const apiKey = file === undefined ? at.env['PB_API_KEY'] : await Options.readText(file, 'the API key file', at)
  if (apiKey !== undefined && apiKey.trim() !== '') return ControlApi.withKey(origin, apiKey.trim())
  const key = await PayOptions.keyOf(values, at)
  if (key === undefined) {
    throw new UsageError(
      'Say who the owner is: an API key in PB_API_KEY, or the wallet by --as, --key-file or PBSTREAM_KEY.',
    )
  }
  return ControlApi.signIn(origin, privateKeyToAccount(key), values.test === true ? 'test' : 'live')
}

function needed(which: string | undefined): string {
  if (which === undefined) throw new UsageError('Say which: the address of the service, or the id of the channel.')
  return which
}

/** The channels at a service, or one by its id. @throws {Failure} when there is none. */
function find(channels: ChannelInfo[], which: string): ChannelInfo[] {
  const origin = URL.parse(which)?.origin
  const found = channels.filter((channel) => channel.origin === origin || channel.channelId === which.toLowerCase())
  if (found.length > 0) return found
  throw new Failure('This key has paid nothing there on this machine. `pbstream sessions list` shows where it has.')
}

function line({ as, origin, charged, funds, session }: Row): string {
  const until = session === undefined ? 'no session open' : `session until ${time(session.expires)}`
  return plain(`${as === undefined ? '' : `${as}  `}${origin}  charged ${usdc(charged)} of ${usdc(funds)}  ${until}`)
}

function details(channel: ChannelInfo): string[] {
  const { origin, network, payTo, channelId, charged, signed, funds, session } = channel
  return [
    line(channel),
    `  channel ${channelId} on ${network}`,
    `  pays ${payTo}`,
    `  signed for ${usdc(signed)}: the most that ${new URL(origin).host} can take; ${usdc(charged)} of it is charged or set aside`,
    `  ${usdc(funds > charged ? funds - charged : 0n)} left to spend or to have back`,
    ...(session === undefined ? [] : [`  requests are signed by ${session.algorithm}`]),
  ].map(plain)
}
