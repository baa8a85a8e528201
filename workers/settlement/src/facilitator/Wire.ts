/** The x402 facilitator API on the wire, v2 and (for `exact`) v1: what comes in, and what goes out. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Address, type Hex, isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import * as z from 'zod'

const address = z.custom<Address>(isAddress).transform((value) => lower(value))
const bytes32 = z.custom<Hex>(isBytes32).transform((value) => lower(value))
/** At most 4 KiB: contract wallets' signatures are long, but not longer. */
const bytes = z
  .custom<Hex>((value) => typeof value === 'string' && value.length <= 8194 && /^0x([0-9a-fA-F]{2})*$/.test(value))
  .transform((value) => lower(value))
const uint128 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/)
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 128n)
const uint256 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/)
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 256n)
/** A salt is a uint256, as hex of any length or 32 bytes. */
const salt = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text) => `0x${text.slice(2).toLowerCase().padStart(64, '0')}` as Hex)

const channelConfig = z.unknown().transform((value, context) => {
  try {
    return ChannelConfig.parse(value)
  } catch {
    context.addIssue({ code: 'custom', message: 'not a channel config' })
    return z.NEVER
  }
})

const requirementsV2 = z.object({
  scheme: z.string(),
  network: z.string(),
  asset: address,
  amount: uint128,
  payTo: address,
  maxTimeoutSeconds: z.number().nonnegative().max(86_400),
  extra: z.record(z.string(), z.unknown()).default({}),
})

const bodyV2 = z.object({
  x402Version: z.literal(2),
  paymentPayload: z.object({
    x402Version: z.literal(2),
    accepted: z.object({ scheme: z.string(), network: z.string() }),
    payload: z.record(z.string(), z.unknown()),
  }),
  paymentRequirements: requirementsV2,
})

const bodyV1 = z.object({
  x402Version: z.literal(1),
  paymentPayload: z.object({
    x402Version: z.literal(1),
    scheme: z.string(),
    network: z.string(),
    payload: z.record(z.string(), z.unknown()),
  }),
  paymentRequirements: requirementsV2
    .omit({ amount: true })
    .extend({ maxAmountRequired: uint128, extra: z.record(z.string(), z.unknown()).nullish() }),
})

/** A request to verify or settle, the same for both versions. */
export type Asked = {
  version: 1 | 2
  scheme: string
  /** As the caller writes it: CAIP-2, or a name in v1. */
  network: string
  asset: Address
  amount: bigint
  payTo: Address
  maxTimeoutSeconds: number
  extra: Record<string, unknown>
  payload: Record<string, unknown>
  /** False when the payment was made for another scheme or network than the requirements name. */
  agrees: boolean
}

/** A request body; undefined when it is none. */
export function parse(body: unknown): Asked | undefined {
  const v2 = bodyV2.safeParse(body)
  if (v2.success) {
    const { paymentPayload, paymentRequirements: wanted } = v2.data
    const { accepted, payload } = paymentPayload
    const agrees = accepted.scheme === wanted.scheme && accepted.network === wanted.network
    return { version: 2, ...wanted, payload, agrees }
  }
  const v1 = bodyV1.safeParse(body)
  if (!v1.success) return undefined
  const { paymentPayload, paymentRequirements } = v1.data
  const { maxAmountRequired: amount, extra, ...wanted } = paymentRequirements
  const agrees = paymentPayload.scheme === wanted.scheme && paymentPayload.network === wanted.network
  return { version: 1, ...wanted, amount, extra: extra ?? {}, payload: paymentPayload.payload, agrees }
}

export const exactPayload = z.object({
  signature: bytes,
  authorization: z.object({
    from: address,
    to: address,
    value: uint128,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
  }),
})

const voucher = z.object({ channelId: bytes32, maxClaimableAmount: uint128, signature: bytes })
const claim = z.object({
  voucher: z.object({ channel: channelConfig, maxClaimableAmount: uint128 }),
  signature: bytes,
  totalClaimed: uint128,
})
const claims = z.array(claim).max(100)

export const depositPayload = z.object({
  type: z.literal('deposit'),
  channelConfig,
  voucher,
  deposit: z.object({
    amount: uint128,
    authorization: z.object({
      erc3009Authorization: z.object({ validAfter: uint256, validBefore: uint256, salt, signature: bytes }),
    }),
  }),
})

/** What a client sends to pay or to ask for a refund; only verified. */
export const voucherPayload = z.object({ type: z.enum(['voucher', 'refund']), channelConfig, voucher })

/** What a resource server sends. */
export const claimPayload = z.object({ type: z.literal('claim'), claims, claimAuthorizerSignature: bytes.optional() })
export const settlePayload = z.object({ type: z.literal('settle'), receiver: address, token: address })
export const refundPayload = z.object({
  type: z.literal('refund'),
  channelConfig,
  amount: uint128,
  refundNonce: uint256,
  claims,
  refundAuthorizerSignature: bytes.optional(),
  claimAuthorizerSignature: bytes.optional(),
})

export type DepositPayload = z.output<typeof depositPayload>
export type VoucherPayload = z.output<typeof voucherPayload>
export type Claim = z.output<typeof claim>
export type ClaimPayload = z.output<typeof claimPayload>
export type SettlePayload = z.output<typeof settlePayload>
export type RefundPayload = z.output<typeof refundPayload>

/** What we lend gas for. */
export type Terms = {
  /** Atomic units below which nothing is sponsored. */
  minAmount: bigint
  /** The reason that says so. */
  tooSmall: string
}

export type VerifyResponse = {
  isValid: boolean
  invalidReason?: string
  invalidMessage?: string
  payer?: Address
  extra?: Record<string, unknown>
}

export type SettleResponse = {
  success: boolean
  errorReason?: string
  errorMessage?: string
  payer?: Address
  /** Empty when nothing was sent. */
  transaction: Hex | ''
  network: string
  amount?: string
  extra?: Record<string, unknown>
}

/** The chain is away: neither valid nor invalid, neither settled nor failed. Answered with 503. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
