import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Hex, bytesToHex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'

/** Every secret of one local system. Made once for its folder, so that a second start knows the same people. */
export type Keys = {
  /** Ed25519 private key as JWK JSON with a `kid`: the gateway signs quotes, receipts and tokens. */
  gateway: string
  /** Seals upstream credentials in the database. */
  upstreamSecret: string
  /** JSON of master secrets: the gateway makes session tokens and their keys from it. */
  sessionMaster: string
  receiverAuthorizer: Hex
  gas: Hex
  facilitatorGas: Hex
  /** Pays for changes of session keys that owners ask for. */
  relayGas: Hex
  /** Freezes session keys that name its address. */
  freezer: Hex
  /** The demo wallet: its owner, and the session key it authorises. */
  payer: Hex
  sessionKey: Hex
  /** Where the demo provider is paid; nobody spends from it here. */
  provider: Hex
  /** Secret of the API: MACs of nonces and cursors. */
  auth: string
  /** Seals the secrets of webhook endpoints. */
  webhooks: string
  /** Seals the secrets of alert channels. */
  alerts: string
  /** Hashes the networks that calls come from. */
  places: string
  /** Bearer key of `npm run ops`. */
  operator: string
}

/** The keys kept in `directory`, made on the first call. Without a directory: fresh ones. */
export async function loadKeys(directory?: string): Promise<Keys> {
  if (directory === undefined) return makeKeys()
  const path = join(directory, 'keys.json')
  let known: Partial<Keys> = {}
  try {
    known = JSON.parse(await readFile(path, 'utf8')) as Partial<Keys>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // A folder that an earlier release made lacks the keys that have come since.
  const keys = { ...makeKeys(), ...known }
  if (Object.keys(keys).length === Object.keys(known).length) return keys
  await mkdir(directory, { recursive: true })
  await writeFile(`${path}.new`, JSON.stringify(keys, undefined, 2), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return keys
}

/** The address of a private key, lower case as everywhere in PB-Stream. */
export function addressOf(key: Hex): Hex {
  return privateKeyToAddress(key).toLowerCase() as Hex
}

function makeKeys(): Keys {
  const { privateKey } = generateKeyPairSync('ed25519')
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('base64url'), alg: 'EdDSA' }
  const secp256k1 = () => bytesToHex(randomBytes(32))
  return {
    gateway: JSON.stringify(jwk),
    upstreamSecret: randomBytes(32).toString('base64url'),
    sessionMaster: JSON.stringify([{ kid: 'local', secret: randomBytes(32).toString('base64url') }]),
    auth: randomBytes(32).toString('base64url'),
    webhooks: randomBytes(32).toString('base64url'),
    alerts: randomBytes(32).toString('base64url'),
    places: randomBytes(32).toString('base64url'),
    receiverAuthorizer: secp256k1(),
    gas: secp256k1(),
    facilitatorGas: secp256k1(),
    relayGas: secp256k1(),
    freezer: secp256k1(),
    payer: secp256k1(),
    sessionKey: secp256k1(),
    provider: secp256k1(),
    operator: randomBytes(32).toString('base64url'),
  }
}
