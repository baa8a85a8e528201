/** What a paying client does, written from the protocol. */
import * as TokenAuthorization from '@pbstream/core/Authorization'
import * as Base64 from '@pbstream/core/Base64'
import type { Offer, PaymentRequired } from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Voucher from '@pbstream/core/Voucher'
import { AUTHORIZER, chain, CONTRACT, NETWORK, PAY_TO, START, TOKEN } from './world.ts'

/** The well-known keys of anvil. */
export const payer = NobleSigner.create('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
export const sessionKey = NobleSigner.create('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')

export const config: ChannelConfig.ChannelConfig = {
  payer: payer.address,
  payerAuthorizer: sessionKey.address,
  receiver: PAY_TO,
  receiverAuthorizer: AUTHORIZER,
  token: TOKEN,
  withdrawDelay: chain.withdrawDelay,
  salt: `0x${'00'.repeat(32)}`,
}

const separator = Voucher.domainSeparator(chain.chainId, CONTRACT)
const tokenDomain = TokenAuthorization.domainSeparator({ ...chain, token: TOKEN })
export const channelId = ChannelConfig.id(config, separator)

export type Payment = {
  x402Version: number
  accepted: Offer
  payload: Record<string, unknown>
  resource?: unknown
  extensions?: unknown
}

export function header(payment: unknown): Record<string, string> {
  return { 'payment-signature': Base64.encodeJson(payment) }
}

/** A voucher for `max`, as the offer's echo. `more` overrides members of the payload. */
export async function voucher(
  required: PaymentRequired,
  max: bigint,
  more: Record<string, unknown> = {},
): Promise<Payment> {
  const accepted = required.accepts.find((offer) => offer.scheme === 'batch-settlement') as Offer
  const used = (more['channelConfig'] as ChannelConfig.ChannelConfig | undefined) ?? config
  const id = ChannelConfig.id(used, separator)
  const signature = await sessionKey.sign(Voucher.digest(separator, id, max))
  const payload = {
    type: 'voucher',
    channelConfig: used,
    voucher: { channelId: id, maxClaimableAmount: `${max}`, signature },
    ...more,
  }
  return { x402Version: 2, accepted, payload, resource: required.resource, extensions: required.extensions }
}

export async function deposit(required: PaymentRequired, max: bigint, amount: bigint): Promise<Payment> {
  const salt: Hex = `0x${'0d'.repeat(32)}`
  const erc3009Authorization = {
    validAfter: '0',
    validBefore: `${START / 1000 + 60}`,
    salt,
    signature: `0x${'11'.repeat(64)}1b`,
  }
  return voucher(required, max, {
    type: 'deposit',
    deposit: { amount: `${amount}`, authorization: { erc3009Authorization } },
  })
}

let nonces = 0

/** An EIP-3009 transfer of the offer's amount. `more` overrides members of the authorisation before it is signed. */
export async function exact(
  required: PaymentRequired,
  more: Partial<TokenAuthorization.Unsigned> = {},
): Promise<Payment> {
  const accepted = required.accepts.find((offer) => offer.scheme === 'exact') as Offer
  const unsigned: TokenAuthorization.Unsigned = {
    from: payer.address,
    to: PAY_TO,
    value: BigInt(accepted.amount),
    validAfter: 0n,
    validBefore: BigInt(START / 1000 + 60),
    nonce: `0x${(++nonces).toString(16).padStart(64, '0')}`,
    ...more,
  }
  const signature = await payer.sign(TokenAuthorization.transferDigest(tokenDomain, unsigned))
  const { value, validAfter, validBefore, ...rest } = unsigned
  const authorization = { ...rest, value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` }
  return {
    x402Version: 2,
    accepted,
    payload: { signature, authorization },
    resource: required.resource,
    extensions: required.extensions,
  }
}

/** The same payment in x402 v1. */
export function headerV1(payment: Payment): Record<string, string> {
  return {
    'x-payment': Base64.encodeJson({
      x402Version: 1,
      scheme: 'exact',
      network: 'base-sepolia',
      payload: payment.payload,
    }),
  }
}

export { NETWORK }
