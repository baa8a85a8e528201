/**
 * Changes that a stolen cookie or API key must not be enough for: the wallet of the owner signs exactly this change, in
 * EIP-712 typed data that says in words what it is. Good once, and for ten minutes.
 *
 * Without a confirmation the answer is 403 `signature_required` with the typed data in `typedData`. The caller signs it
 * and sends the same request again with `PBStream-Confirmation: <deadline>:<nonce>:<signature>`.
 */
import type { Hex } from '@pbstream/core/Hex'
import { canonical, sha256 } from '@pbstream/db/Canonical'
import type { Orm, Statement } from '@pbstream/db/Database'
import { isNonceUsed } from '@pbstream/db/Owners'
import { bytesToHex, hashTypedData } from 'viem'
import { isSame, mac } from '../api/Mac.ts'
import { ownOrigin } from '../api/Origin.ts'
import { type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { walletSigned } from './Wallet.ts'

const LIFE_SECONDS = 600
const HEADER = 'pbstream-confirmation'
const FORM = /^([1-9][0-9]{9}):(0x[0-9a-f]{64}):(0x[0-9a-fA-F]{2,8192})$/

export type Change = {
  /** What is done, in the words of the audit: `provider.payout`. */
  action: string
  /** The id of what it is done to. */
  subject: string
  /** Everything that the change would write. JSON. */
  change: Record<string, unknown>
}

const TYPES = {
  ConfirmChange: [
    { name: 'service', type: 'string' },
    { name: 'account', type: 'address' },
    { name: 'mode', type: 'string' },
    { name: 'action', type: 'string' },
    { name: 'subject', type: 'string' },
    { name: 'change', type: 'string' },
    { name: 'digest', type: 'bytes32' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/**
 * Holds the confirmation of the request against the change.
 *
 * @returns the statements that use it up: they belong in the same atomic step as the change.
 * @throws {Refusal} signature_required or signature_refused, both with fresh typed data to sign.
 */
export async function confirm(c: ApiContext, what: Change): Promise<(orm: Orm) => Statement[]> {
  const given = c.req.header(HEADER)
  if (given === undefined) throw await asked(c, what, 'signature_required')
  const [, deadline, nonce, signature] = FORM.exec(given) ?? []
  if (deadline === undefined || nonce === undefined || signature === undefined) {
    throw await asked(c, what, 'signature_refused', 'the header cannot be read')
  }
  const ends = Number(deadline)
  const now = Math.floor(Date.now() / 1000)
  if (ends <= now || ends > now + LIFE_SECONDS)
    throw await asked(c, what, 'signature_refused', 'the deadline has passed')
  const data = await typedData(c, what, ends, nonce.slice(0, 34))
  if (!isSame(data.message.nonce, nonce))
    throw await asked(c, what, 'signature_refused', 'the nonce is not for this change')
  const { address, chainId } = callerOf(c)
  // An account with a key is the same on every chain; the chain matters only where a contract is asked.
  const claim = { chainId: chainId ?? 0, address, hash: hashTypedData(data), signature: signature.toLowerCase() as Hex }
  const by = await walletSigned(c.env, claim)
  if (by !== (chainId === null ? 'key' : 'contract')) {
    throw await asked(c, what, 'signature_refused', 'the signature is not by the wallet of the owner')
  }
  const { database } = c.var
  const { usedNonce } = database.tables
  const used = `confirm ${nonce}`
  if (await isNonceUsed(database, used)) throw await asked(c, what, 'signature_refused', 'the signature has been used')
  // A plain insert: of two that come at once with the same signature one fails as a whole.
  return (orm) => [orm.insert(usedNonce).values({ nonce: used, expiresAt: new Date((ends + 1) * 1000) })]
}

async function asked(c: ApiContext, what: Change, code: 'signature_required' | 'signature_refused', detail?: string) {
  const random = bytesToHex(crypto.getRandomValues(new Uint8Array(16)))
  const deadline = Math.floor(Date.now() / 1000) + LIFE_SECONDS
  const { message, ...data } = await typedData(c, what, deadline, random)
  const plain = { ...data, message: { ...message, deadline: String(deadline) } }
  return new Refusal(code, { ...(detail === undefined ? {} : { detail }), members: { typedData: plain } })
}

/** `random`: 0x and 16 bytes, half of the nonce; the other half binds it to the owner, the change and the deadline. */
async function typedData(c: ApiContext, { action, subject, change }: Change, deadline: number, random: string) {
  const { owner, address, chainId, mode } = callerOf(c)
  const said = canonical(change)
  const digest = `0x${await sha256(said)}` as const
  const bound = canonical([owner, mode, action, subject, digest, deadline, random])
  const tag = (await sha256(await mac(c.env, 'confirmation', bound))).slice(0, 32)
  return {
    domain: { name: 'PB-Stream', version: '1', ...(chainId === null ? {} : { chainId }) },
    types: TYPES,
    primaryType: 'ConfirmChange',
    message: {
      service: ownOrigin(c),
      account: address,
      mode,
      action,
      subject,
      change: said,
      digest,
      nonce: `${random}${tag}` as Hex,
      deadline: BigInt(deadline),
    },
  } as const
}
