/** Sign-In with Ethereum (EIP-4361): whether a signed message is one for this service, now, and whose it is. */
import { lower, type Address, type Hex } from '@pbstream/core/Hex'
import { ownerOf, type Owner, useNonce } from '@pbstream/db/Owners'
import { open } from '@pbstream/db/Database'
import { hashMessage } from 'viem'
import { createSiweMessage, parseSiweMessage, type SiweMessage } from 'viem/siwe'
import { chains } from '../api/Chains.ts'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import { nonceEnd } from './Nonce.ts'
import { walletSigned } from './Wallet.ts'

/** Clocks of wallets may differ from ours by this much. */
const SKEW_MS = 120_000
/** The longest life of a nonce, and what was signed longer ago was signed for another. */
const OLDEST_MS = 900_000

/**
 * Who signed in. Uses up the nonce.
 *
 * @throws {Refusal} sign_in_refused with the reason.
 */
export async function verifySignIn(env: Env, origin: string, message: string, signature: Hex): Promise<Owner> {
  const now = Date.now()
  const said = parse(message)
  if (said === undefined) refused('the message is not one of EIP-4361')
  judge(env, origin, said, now)
  const end = await nonceEnd(env, said.nonce, now)
  if (end === undefined) refused('the nonce is not ours, or has ended')
  const address: Address = lower(said.address)
  const by = await walletSigned(env, { chainId: said.chainId, address, hash: hashMessage(message), signature })
  if (by === undefined) refused('the signature is not by this account')
  if (!(await useNonce(open(env), `sign-in ${said.nonce}`, end))) refused('the nonce has been used')
  return ownerOf(address, by === 'contract' ? said.chainId : null)
}

function judge(env: Env, origin: string, said: SiweMessage, now: number): void {
  const own = new URL(origin)
  if (said.domain !== own.host) refused('the domain is not this service')
  if (said.scheme !== undefined && `${said.scheme}:` !== own.protocol) refused('the scheme is not that of this service')
  if (originOf(said.uri) !== own.origin) refused('the URI is not of this service')
  if (!chains(env).some(({ chainId }) => chainId === said.chainId)) refused('the chain is not used here')
  const issued = said.issuedAt?.getTime() ?? Number.NaN
  if (!(issued <= now + SKEW_MS && issued >= now - OLDEST_MS)) refused('issued too long ago, or in the future')
  if (said.expirationTime !== undefined && !(said.expirationTime.getTime() > now)) refused('the message has expired')
  if (said.notBefore !== undefined && !(said.notBefore.getTime() <= now)) refused('the message is not valid yet')
}

/**
 * The message, when it says nothing but what its fields say: written again from them it must be the same text, so that a
 * wallet cannot be shown a line that we overlook. Times may be spelled in any way of RFC 3339.
 */
function parse(message: string): SiweMessage | undefined {
  try {
    const fields = parseSiweMessage(message) as SiweMessage
    const again = createSiweMessage(fields)
    return again === message.replace(TIME, (_, name: string, time: string) => `${name}: ${iso(time)}`)
      ? fields
      : undefined
  } catch {
    return undefined
  }
}

const TIME = /^(Issued At|Expiration Time|Not Before): (.+)$/gm

function iso(time: string): string {
  return new Date(time).toISOString()
}

function originOf(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).origin : undefined
}

function refused(detail: string): never {
  throw new Refusal('sign_in_refused', { detail })
}
