/** Terms, keys and payments that tests and vectors share. The private keys are the well-known ones of anvil. */
import * as Authorization from '@pbstream/core/Authorization'
import type { ResourceInfo, Terms } from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelView } from '@pbstream/core/message/Session'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Voucher from '@pbstream/core/Voucher'

export const CHAIN_ID = 84532
export const PAYER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
export const SESSION_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
export const payer = NobleSigner.create(PAYER_KEY)
export const session = NobleSigner.create(SESSION_KEY)

export const terms: Terms = {
  network: 'eip155:84532',
  token: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  tokenName: 'USDC',
  tokenVersion: '2',
  withdrawDelay: 86_400,
  maxTimeoutSeconds: 300,
  payTo: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  receiverAuthorizer: '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  price: 1_000n,
}

export const resource: ResourceInfo = {
  url: 'https://api.example/v1/weather?city=Berlin',
  description: 'Current weather of one city',
  mimeType: 'application/json',
}

export const config: ChannelConfig.ChannelConfig = {
  payer: payer.address,
  payerAuthorizer: session.address,
  receiver: terms.payTo,
  receiverAuthorizer: terms.receiverAuthorizer,
  token: terms.token,
  withdrawDelay: terms.withdrawDelay,
  salt: `0x${'00'.repeat(32)}`,
}

export const separator = Voucher.domainSeparator(CHAIN_ID)
export const channelId = ChannelConfig.id(config, separator)

export const channel: ChannelView = {
  channelId,
  balance: 1_000_000n,
  totalClaimed: 20_000n,
  chargedCumulative: 41_000n,
  withdrawRequestedAt: 0,
  refundNonce: 0n,
}

/** The x402 `payload.voucher` for a maximum, signed by the session key. */
export async function voucher(max: bigint) {
  const signature = await session.sign(Voucher.digest(separator, channelId, max))
  return { channelId, maxClaimableAmount: `${max}`, signature }
}

/** The x402 `payload.deposit`, signed by the payer. */
export async function deposit(amount: bigint, validBefore: bigint) {
  const salt: Hex = `0x${'5a'.repeat(32)}`
  const signature = await payer.sign(
    Authorization.receiveDigest(Authorization.domainSeparator({ ...terms, chainId: CHAIN_ID }), {
      from: payer.address,
      to: Voucher.BATCH_SETTLEMENT.collector,
      value: amount,
      validAfter: 0n,
      validBefore,
      nonce: Authorization.depositNonce(channelId, salt),
    }),
  )
  const erc3009Authorization = { validAfter: '0', validBefore: `${validBefore}`, salt, signature }
  return { amount: `${amount}`, authorization: { erc3009Authorization } }
}

/** The x402 `payload` of an `exact` payment, signed by the payer. */
export async function exact(value: bigint, validBefore: bigint) {
  const authorization = {
    from: payer.address,
    to: terms.payTo,
    value,
    validAfter: 0n,
    validBefore,
    nonce: `0x${'7e'.repeat(32)}` as Hex,
  }
  const tokenDomain = Authorization.domainSeparator({ ...terms, chainId: CHAIN_ID })
  const signature = await payer.sign(Authorization.transferDigest(tokenDomain, authorization))
  const { from, to, nonce } = authorization
  return {
    signature,
    authorization: { from, to, value: `${value}`, validAfter: '0', validBefore: `${validBefore}`, nonce },
  }
}
