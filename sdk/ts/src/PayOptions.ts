/** Who pays, and how much at most: the options of every command that pays. */
import { join } from 'node:path'
import type { Hex } from '@pbstream/core/Hex'
import { fileStorage } from './client/file.ts'
import { createPayer, type Payer } from './client.ts'
import { BudgetExceededError, type BudgetLimit } from './errors/Payer.ts'
import type { PBStreamError } from './errors/PBStreamError.ts'
import { UsageError } from './Failure.ts'
import * as KeyStore from './KeyStore.ts'
import * as Options from './Options.ts'

export const options = {
  ...Options.keyOptions,
  as: { type: 'string' },
  'session-key': { type: 'string' },
  rpc: { type: 'string' },
  'max-price': { type: 'string' },
  budget: { type: 'string' },
  deposit: { type: 'string' },
  mode: { type: 'string' },
} as const

export const help = `  --as NAME          pay with this key of \`pbstream keys\`
  --key-file FILE    pay with the private key in FILE; - reads it from stdin. Or the environment variable PBSTREAM_KEY
  --session-key NAME a key of \`pbstream keys\` that signs vouchers in the wallet's stead, if it has one
  --max-price PRICE  the most for one request: '$0.10' unless said; '$0.01', 0.01, or atomic units
  --budget PRICE     the most for all requests with this key, of this and earlier calls
  --deposit PRICE    the most that goes into a channel at once: '$5' unless said; what is not spent can be had back
  --mode MODE        session, batch-settlement or exact only; any that is offered unless said
  --rpc URL          JSON-RPC endpoint of the chain (or PBSTREAM_RPC), to check the contract and lost state; is not printed`

const DEFAULT_PRICE = 100_000n
const MODES = ['session', 'batch-settlement', 'exact'] as const

export type Given = { [option in keyof typeof options]?: string | undefined }

/** The most that one request may cost, in atomic units. @throws {UsageError} */
export function maxPrice(given: Given): bigint {
  const text = given['max-price']
  return text === undefined ? DEFAULT_PRICE : Options.price('--max-price', text)
}

/**
 * A payer with the key that was given, on the state that earlier calls left.
 *
 * @throws {UsageError | Failure} when there is no key, or an option is wrong.
 */
export async function payer(given: Given, at: Options.Environment, send: typeof fetch = fetch): Promise<Payer> {
  const key = await keyOf(given, at)
  if (key === undefined) {
    throw new UsageError(
      'Say who pays: --as NAME (`pbstream keys new NAME` makes one), --key-file FILE, or PBSTREAM_KEY. Never as an argument.',
    )
  }
  return payerOf(key, given, at, send)
}

/** As `payer`, with a key that is known. @throws {UsageError | Failure} */
export async function payerOf(
  key: Hex,
  given: Given,
  at: Options.Environment,
  send: typeof fetch = fetch,
): Promise<Payer> {
  const home = KeyStore.home(at.env)
  const perRequest = maxPrice(given)
  const { budget, deposit, 'session-key': named } = given
  const mode = MODES.find((known) => known === given.mode)
  if (given.mode !== undefined && mode === undefined) throw new UsageError(`--mode is none of ${MODES.join(', ')}.`)
  const rpc =
    given.rpc === undefined && at.env['PBSTREAM_RPC'] === undefined ? undefined : Options.rpcUrl(given.rpc, at)
  return createPayer({
    key,
    // What is signed beyond what is spent is at the mercy of who is paid: for single calls one price is enough.
    budget: {
      perRequest,
      exposure: perRequest,
      ...(budget === undefined ? {} : { total: Options.price('--budget', budget) }),
      ...(deposit === undefined ? {} : { deposit: Options.price('--deposit', deposit) }),
    },
    storage: fileStorage(join(home, 'state')),
    fetch: send,
    ...(named === undefined ? {} : { sessionKey: (await KeyStore.read(home, named)).key }),
    ...(mode === undefined ? {} : { modes: [mode] }),
    ...(rpc === undefined ? {} : { rpc }),
  })
}

/** The key that was named in one of the three ways; `undefined` when none was. @throws {UsageError | Failure} */
export async function keyOf(given: Given, at: Options.Environment): Promise<Hex | undefined> {
  if (given.as === undefined) return Options.privateKey(given['key-file'], at)
  if (given['key-file'] !== undefined) throw new UsageError('--as and --key-file do not go together.')
  return (await KeyStore.read(KeyStore.home(at.env), given.as)).key
}

const LIMITS: { readonly [limit in BudgetLimit]?: string } = {
  perRequest: '--max-price',
  exposure: '--max-price',
  total: '--budget',
  deposit: '--deposit',
}

/** What the payer refused or the server answered, with the option that helps in place of the SDK's. */
export function inWords(error: PBStreamError): string {
  if (!(error instanceof BudgetExceededError)) return error.message
  const { limit, allowed, wanted } = error
  const option = LIMITS[limit]
  const help = option === undefined ? '' : ` Raise ${option}, if it is worth that to you.`
  return `${wanted} atomic units are wanted, and the budget leaves ${allowed}: nothing was signed.${help}`
}
