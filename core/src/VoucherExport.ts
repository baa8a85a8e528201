/**
 * What a receiver needs to claim its money without us: the file format of exported vouchers, and the signature by which
 * a receiver proves that it is one (EIP-191, so that any wallet can make it and a person can read it).
 */
import * as z from 'zod'
import * as Amount from './Amount.ts'
import * as ChannelConfig from './ChannelConfig.ts'
import { keccak256 } from './Eip712.ts'
import { type Address, type Hex, isAddress, isBytes32, lower } from './Hex.ts'
import * as Signature from './Signature.ts'

/** How long a proof is good, and how far the clock of its maker may be ahead. Seconds. */
export const PROOF_SECONDS = 300
export const PROOF_SKEW_SECONDS = 60

/** Who asks whom, and when: `host` as in the URL that is asked, `issuedAt` as `2026-11-22T16:51:04Z`. */
export type Proof = { host: string; receiver: Address; issuedAt: string }

/** The text that the receiver's wallet shows and signs (`personal_sign`). */
export function proofText({ host, receiver, issuedAt }: Proof): string {
  return [
    'PB-Stream voucher export',
    '',
    `Origin: ${host}`,
    `Receiver: ${lower(receiver)}`,
    `Issued at: ${issuedAt}`,
    '',
    `For ${PROOF_SECONDS / 60} minutes, whoever shows this signature to this origin can read the unclaimed vouchers of this receiver. It moves no money.`,
  ].join('\n')
}

/** What EIP-191 has signed for the text. 32 bytes. */
export function proofDigest(proof: Proof): Uint8Array {
  const text = encoder.encode(proofText(proof))
  const prefix = encoder.encode(`\x19Ethereum Signed Message:\n${text.length}`)
  const message = new Uint8Array(prefix.length + text.length)
  message.set(prefix)
  message.set(text, prefix.length)
  return keccak256(message)
}

/** The value of the `Authorization` header that carries a proof. */
export function authorization(issuedAt: string, signature: Hex): string {
  return `${AUTH_SCHEME} issued-at="${issuedAt}", signature="${signature}"`
}

/** The name of the authorisation scheme. */
export const AUTH_SCHEME = 'PBStream-Wallet'

/** Takes the header apart; `undefined` when it is not of that form. */
export function parseAuthorization(header: string | null): { issuedAt: string; signature: Hex } | undefined {
  const [, issuedAt, signature] = AUTHORIZATION.exec(header ?? '') ?? []
  const canonical = Signature.normalise(signature)
  return issuedAt === undefined || canonical === undefined ? undefined : { issuedAt, signature: canonical }
}

/** One channel of an export. Amounts are cumulative atomic units. */
export type ExportedChannel = {
  chainId: number
  contract: Address
  channelId: Hex
  config: ChannelConfig.ChannelConfig
  /** Charged. */
  spent: bigint
  /** Recorded by the contract, and paid out, when the export was made. */
  claimed: bigint
  settled: bigint
  /** Charged and no longer claimable, as far as was known. */
  lost: bigint
  /** Under it all that is charged can be claimed. Absent when that is done and only the payout is missing. */
  voucher?: { max: bigint; signature: Hex }
}

export type VoucherExport = {
  v: 1
  /** ISO 8601, UTC. What is charged later is not in the file. */
  exportedAt: string
  receiver: Address
  channels: ExportedChannel[]
  /** There is more: ask again with `after` set to this. */
  next?: Hex
}

/** A text that is no export; `field` says where. */
export class InvalidExportError extends Error {
  override readonly name = 'InvalidExportError'
  readonly field: string
  constructor(field: string, what: string) {
    super(field === '' ? what : `${field}: ${what}`)
    this.field = field
  }
}

/** The JSON that `parse` reads: amounts are decimal strings. */
export function toJson(from: VoucherExport): Json {
  const { v, exportedAt, receiver, next } = from
  const channels = from.channels.map(({ spent, claimed, settled, lost, voucher, ...rest }) => ({
    ...rest,
    spent: String(spent),
    claimed: String(claimed),
    settled: String(settled),
    lost: String(lost),
    ...(voucher === undefined ? {} : { voucher: { max: String(voucher.max), signature: voucher.signature } }),
  }))
  return { v, exportedAt, receiver, channels, ...(next === undefined ? {} : { next }) }
}

/**
 * Reads an export. Hex may be in any case and comes out in lower case; unknown members are dropped.
 *
 * @throws {InvalidExportError} for anything that is none, an export of a later version included.
 */
export function parse(json: unknown): VoucherExport {
  const { data, error } = schema.safeParse(json)
  if (data === undefined) {
    const [issue] = error.issues
    throw new InvalidExportError(issue?.path.join('.') ?? '', issue?.message ?? 'not an export')
  }
  const { next, channels, ...rest } = data
  return {
    ...rest,
    channels: channels.map(({ voucher, ...channel }) => (voucher === undefined ? channel : { ...channel, voucher })),
    ...(next === undefined ? {} : { next }),
  }
}

type Json = z.input<typeof schema>

const encoder = new TextEncoder()
const AUTHORIZATION =
  /^PBStream-Wallet issued-at="(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)", signature="(0x[0-9a-fA-F]{130})"$/

const address = z.custom<Address>(isAddress, 'not an address').transform((value) => lower(value))
const bytes32 = z.custom<Hex>(isBytes32, 'not 32 bytes of hex').transform((value) => lower(value))
const amount = z
  .custom<string>((value) => Amount.tryParse(value) !== undefined, 'not a decimal string of atomic units below 2^128')
  .transform((text) => BigInt(text))
const signature = z
  .custom<Hex>((value) => Signature.normalise(value) !== undefined, 'not a signature')
  .transform((value) => Signature.normalise(value) as Hex)
const config = z.unknown().transform((value, context): ChannelConfig.ChannelConfig => {
  try {
    return ChannelConfig.parse(value)
  } catch (error) {
    context.issues.push({ code: 'custom', input: value, message: (error as Error).message })
    return z.NEVER
  }
})

const schema = z.object({
  v: z.literal(1, 'not an export of version 1'),
  exportedAt: z.string(),
  receiver: address,
  channels: z.array(
    z.object({
      chainId: z.number().int().positive(),
      contract: address,
      channelId: bytes32,
      config,
      spent: amount,
      claimed: amount,
      settled: amount,
      lost: amount,
      voucher: z.object({ max: amount, signature }).optional(),
    }),
  ),
  next: bytes32.optional(),
})
