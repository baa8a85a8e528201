/** Keys that pay, on this machine: one file each, which its owner alone can read. A file holds the key and nothing else. */
import { chmod, mkdir, open, readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Address, type Hex, isBytes32, lower } from '@pbstream/core/Hex'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { Failure, UsageError } from './Failure.ts'

/** A key of the store, without its secret. */
export type StoredKey = { name: string; address: Address; file: string; madeAt: Date }

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const EXTENSION = '.key'

/** Where the tool keeps what is yours: `PBSTREAM_HOME`, or `.pbstream` in the home directory. */
export function home(env: Record<string, string | undefined>): string {
  const given = env['PBSTREAM_HOME']
  return given === undefined || given === '' ? join(homedir(), '.pbstream') : given
}

/** @throws {UsageError} when the name would be no name of a file here. */
function fileOf(at: string, name: string): string {
  if (!NAME.test(name)) throw new UsageError('A name is 1 to 64 of a-z, 0-9, dot, dash and underscore.')
  return join(at, 'keys', name + EXTENSION)
}

/** Makes a key. @throws {Failure} when there is one of that name: a key is never overwritten. */
export async function create(at: string, name: string): Promise<StoredKey> {
  const path = fileOf(at, name)
  await mkdir(join(at, 'keys'), { recursive: true, mode: 0o700 })
  await chmod(join(at, 'keys'), 0o700)
  const key = generatePrivateKey()
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Failure(`There is a key ${name} already. Choose another name.`)
    throw error
  })
  try {
    await file.writeFile(`${key}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return { name, address: lower(privateKeyToAddress(key)), file: path, madeAt: new Date() }
}

/** All keys, by name. */
export async function list(at: string): Promise<StoredKey[]> {
  const names = await readdir(join(at, 'keys')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const keys = names.filter((file) => file.endsWith(EXTENSION)).map((file) => file.slice(0, -EXTENSION.length))
  return Promise.all(keys.toSorted().map(async (name) => (await read(at, name)).stored))
}

/**
 * One key with its secret.
 *
 * @throws {Failure} when there is none of that name, when others can read its file, or when it holds no key.
 */
export async function read(at: string, name: string): Promise<{ stored: StoredKey; key: Hex }> {
  const path = fileOf(at, name)
  const { mode, mtime } = await stat(path).catch(() => {
    throw new Failure(`There is no key ${name}. \`pbstream keys list\` shows those there are, \`keys new\` makes one.`)
  })
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Failure(`Others can read ${path}. If nobody has, run: chmod 600 ${path}; else make a new key.`)
  }
  const key = (await readFile(path, 'utf8')).trim()
  if (!isBytes32(key)) throw new Failure(`${path} holds no key: 0x and 64 hex digits.`)
  return { stored: { name, address: lower(privateKeyToAddress(key)), file: path, madeAt: mtime }, key }
}
