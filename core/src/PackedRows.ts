/**
 * What `settleBatch` of the escrow takes: 160 bytes a channel, and once what all channels of the batch share.
 *
 * A row is payer 20, payer authorizer 20, salt 32, maximum 12, total 12, r 32, yParity and s 32 (EIP-2098).
 */
import type { ChannelConfig } from './ChannelConfig.ts'
import { fromBytes, type Hex, toBytes } from './Hex.ts'
import * as Signature from './Signature.ts'

export const ROW_BYTES = 160
/** Amounts take 12 bytes. A larger voucher is claimed by `claimWithSignature`. */
export const MAX_AMOUNT = (1n << 96n) - 1n

/** What all channels of a batch share. */
export type Terms = Pick<ChannelConfig, 'receiver' | 'receiverAuthorizer' | 'token' | 'withdrawDelay'>

/** Record `total` of this channel as claimed, on a voucher for `max`, signed in 65 bytes. */
export type Row = { config: ChannelConfig; max: bigint; total: bigint; signature: Hex }

/** The first two arguments of `settleBatch`. */
export type Batch = { terms: Terms; rows: Hex }

/** Rows that cannot be packed, or bytes that are no rows; `index` counts rows from 0. */
export class InvalidRowError extends Error {
  override readonly name = 'InvalidRowError'
  readonly index: number
  readonly field: string
  constructor(index: number, field: string, what: string) {
    super(`row ${index}: ${field} ${what}`)
    this.index = index
    this.field = field
  }
}

/**
 * Packs rows in their order, which is also that of the `ClaimBatch` to sign (`Voucher.claimBatchDigest`).
 *
 * @throws {InvalidRowError} for no rows, terms unlike the first row's, amounts above 2^96 - 1 and signatures that no
 *   contract takes. What the contract would skip, such as a total above the maximum, is packed.
 */
export function encode(rows: readonly Row[]): Batch {
  const [first] = rows
  if (first === undefined) throw new InvalidRowError(0, 'rows', 'are none')
  const terms = termsOf(first.config)
  const bytes = new Uint8Array(ROW_BYTES * rows.length)
  rows.forEach((row, i) => {
    for (const field of TERMS) {
      if (row.config[field] !== terms[field]) throw new InvalidRowError(i, field, 'differs from the first row')
    }
    write(bytes, i, row)
  })
  return { terms, rows: fromBytes(bytes) }
}

/**
 * The rows of a batch, for tools. Signatures come out as they are, with v 27 or 28: whether they are good is not asked.
 *
 * @throws {InvalidRowError} unless `rows` is hex of one whole row or more.
 */
export function decode({ terms, rows }: Batch): Row[] {
  if (!WHOLE_ROWS.test(rows)) throw new InvalidRowError(0, 'rows', `are not hex of a multiple of ${ROW_BYTES} bytes`)
  const bytes = toBytes(rows)
  return Array.from({ length: bytes.length / ROW_BYTES }, (_, i) => {
    const at = (from: number, to: number) => fromBytes(bytes.subarray(ROW_BYTES * i + from, ROW_BYTES * i + to))
    const compact = bytes.slice(ROW_BYTES * i + 96, ROW_BYTES * (i + 1))
    const recovery = (compact[32] as number) < 128 ? 0 : 1
    compact[32] = (compact[32] as number) & 127
    return {
      config: { ...termsOf(terms), payer: at(0, 20), payerAuthorizer: at(20, 40), salt: at(40, 72) },
      max: BigInt(at(72, 84)),
      total: BigInt(at(84, 96)),
      signature: Signature.join({ compact, recovery }),
    }
  })
}

const TERMS = ['receiver', 'receiverAuthorizer', 'token', 'withdrawDelay'] as const
const WHOLE_ROWS = /^0x(?:[0-9a-fA-F]{320})+$/

function termsOf({ receiver, receiverAuthorizer, token, withdrawDelay }: Terms): Terms {
  return { receiver, receiverAuthorizer, token, withdrawDelay }
}

function write(bytes: Uint8Array, index: number, row: Row): void {
  const at = ROW_BYTES * index
  const signature = Signature.parse(row.signature)
  if (signature === undefined) throw new InvalidRowError(index, 'signature', 'is not one that a contract takes')
  bytes.set(toBytes(row.config.payer), at)
  bytes.set(toBytes(row.config.payerAuthorizer), at + 20)
  bytes.set(toBytes(row.config.salt), at + 40)
  bytes.set(uint96(row.max, index, 'max'), at + 72)
  bytes.set(uint96(row.total, index, 'total'), at + 84)
  bytes.set(signature.compact, at + 96)
  // EIP-2098: the top bit of s, always 0 in a low s, says which of the two keys is meant.
  if (signature.recovery === 1) bytes[at + 128] = (bytes[at + 128] as number) | 128
}

function uint96(value: bigint, index: number, field: string): Uint8Array {
  if (value < 0n || value > MAX_AMOUNT) throw new InvalidRowError(index, field, 'does not fit 12 bytes')
  return toBytes(`0x${value.toString(16).padStart(24, '0')}`)
}
