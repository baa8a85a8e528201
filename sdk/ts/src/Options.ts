/** What commands have in common: their options, where keys and files come from. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import * as Amount from '@pbstream/core/Amount'
import { type Address, type Hex, isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { UsageError } from './Failure.ts'

/** The environment that a command runs in. */
export type Environment = { env: Record<string, string | undefined>; stdin: NodeJS.ReadableStream }

/**
 * The options of a command. Values that are not understood are not quoted: somebody may have typed a key.
 *
 * @throws {UsageError}
 */
export function parse<T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  return parseWords(args, options, 0).values
}

/**
 * As `parse`, for a command that takes up to `most` words besides its options, such as a URL.
 *
 * @throws {UsageError}
 */
export function parseWords<T extends ParseArgsOptionsConfig>(args: string[], options: T, most: number) {
  try {
    const { values, positionals: words } = parseArgs({ args, options, strict: true, allowPositionals: true })
    if (words.length > most) throw new UsageError('There is a word without an option.')
    return { values, words }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { message } = error as { message: string }
    const [, option] = /'(-{1,2}[A-Za-z-]{1,20})[ '=]/.exec(message) ?? []
    if (option === '--key' || option === '--private-key') throw new UsageError(`${KEY_HELP} Never as an argument.`)
    throw new UsageError(
      option === undefined ? 'The options cannot be read.' : `The option ${option} is not understood here.`,
    )
  }
}

export const keyOptions = { 'key-file': { type: 'string' } } as const
export const commonOptions = { rpc: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const

const KEY_HELP =
  'Give the private key as a file (--key-file FILE, or - for stdin) or in the environment (PBSTREAM_KEY).'

/**
 * The account of the key that was given; `undefined` when none was.
 *
 * @throws {UsageError} which does not quote the key.
 */
export async function account(file: string | undefined, at: Environment): Promise<PrivateKeyAccount | undefined> {
  const key = await privateKey(file, at)
  return key === undefined ? undefined : privateKeyToAccount(key)
}

/**
 * The private key that was given; `undefined` when none was.
 *
 * @throws {UsageError} which does not quote the key.
 */
export async function privateKey(file: string | undefined, at: Environment): Promise<Hex | undefined> {
  const given = file === undefined ? at.env['PBSTREAM_KEY'] : await readText(file, 'the key file', at)
  if (given === undefined || given.trim() === '') {
    if (file === undefined) return undefined
    throw new UsageError('The key file is empty.')
  }
  const key = given.trim().startsWith('0x') ? given.trim() : `0x${given.trim()}`
  if (!isBytes32(key)) throw new UsageError('The private key is not 32 bytes of hex.')
  try {
    privateKeyToAccount(key)
    return key
  } catch {
    throw new UsageError('The private key is outside the range of keys.')
  }
}

/** @throws {UsageError} when there is no key. */
export async function requireAccount(file: string | undefined, at: Environment): Promise<PrivateKeyAccount> {
  const found = await account(file, at)
  if (found === undefined) throw new UsageError(KEY_HELP)
  return found
}

/** @throws {UsageError} unless it is the URL of an endpoint. */
export function rpcUrl(option: string | undefined, at: Environment): string {
  const url = option ?? at.env['PBSTREAM_RPC']
  if (url === undefined) throw new UsageError('Say which chain: --rpc URL of a JSON-RPC endpoint, or PBSTREAM_RPC.')
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new UsageError('--rpc is not an http(s) URL.')
  return url
}

/** JSON of a file, or of stdin for `-`. @throws {UsageError} */
export async function readJson(file: string, what: string, at: Environment): Promise<unknown> {
  try {
    return JSON.parse(await readText(file, what, at))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${capital(what)} ${file} is not JSON.`)
  }
}

/** @throws {UsageError} */
export function address(option: string, value: string): Address {
  if (!isAddress(value)) throw new UsageError(`${option} is not an address: 0x and 40 hex digits.`)
  return lower(value)
}

/** @throws {UsageError} */
export function wholeNumber(option: string, value: string): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw new UsageError(`${option} is not a whole number.`)
  return number
}

/** An amount in atomic units. @throws {UsageError} */
export function atomicUnits(option: string, value: string): bigint {
  const amount = Amount.tryParse(value)
  if (amount === undefined || amount === 0n) {
    throw new UsageError(`${option} is not an amount: a whole number of atomic units, 1000000 for 1 USDC.`)
  }
  return amount
}

/**
 * A price in a token of 6 decimals: `$0.01` or `0.01`, or a whole number of atomic units. What has neither a dollar sign
 * nor a point counts as the smaller of the two.
 *
 * @throws {UsageError}
 */
export function price(option: string, value: string): bigint {
  const amount = /[$.]/.test(value) ? tryUnits(value) : Amount.tryParse(value)
  if (amount === undefined) {
    throw new UsageError(`${option} is not a price: '$0.01' (in quotes) or 0.01, or atomic units such as 10000.`)
  }
  return amount
}

function tryUnits(value: string): bigint | undefined {
  try {
    return Amount.parseUnits(value, 6)
  } catch {
    return undefined
  }
}

/** @throws {UsageError} unless it is an http(s) URL without credentials. */
export function webUrl(what: string, value: string | undefined): URL {
  const url = URL.parse(value ?? '')
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError(`${what}: an http(s) URL.`)
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('The URL holds a password: send it in a header, with -H @FILE if it is a secret.')
  }
  return url
}

/** @throws {UsageError} unless it is a signature of 65 bytes. */
export function signature(option: string, value: string): Hex {
  if (!/^0x[0-9a-fA-F]{130}$/.test(value)) throw new UsageError(`${option} is not 65 bytes of hex.`)
  return lower(value as Hex)
}

/** The text of a file, or of stdin for `-`. @throws {UsageError} */
export async function readText(file: string, what: string, at: Environment): Promise<string> {
  try {
    return file === '-' ? await text(at.stdin) : await readFile(file, 'utf8')
  } catch {
    throw new UsageError(`${capital(what)} ${file} cannot be read.`)
  }
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
