/**
 * What is sent to the session endpoint, as JSON: to open a session, to raise its voucher, to close it. Members that are
 * not known are dropped. Nothing here is verified; nothing throws on JSON values.
 */
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { VerifiedVoucher } from '../message/Session.ts'
import * as Network from '../Network.ts'
import {
  atomic,
  attempt,
  bytes32,
  config,
  type Deposit,
  deposit,
  type Failure,
  type Json,
  keySignature,
  object,
  Refused,
  text,
} from '../Reader.ts'
import type { OpenSession } from './OpenSession.ts'
import type { Hex } from '../Hex.ts'

/** `POST` of the endpoint. The channel's id and the gateway, which are signed too, follow from the rest. */
export type Open = {
  /** CAIP-2, and the same as a number. */
  network: string
  chainId: number
  config: ChannelConfig
  voucher: VerifiedVoucher
  deposit?: Deposit
  open: Omit<OpenSession, 'channelId' | 'gateway'> & { signature: Hex }
}

/** `POST` of the endpoint's `/voucher`. Whoever deposits says into which channel: its id alone does not tell its terms. */
export type Raise = { voucher: VerifiedVoucher } & ({ deposit?: never } | { deposit: Deposit; config: ChannelConfig })

/** `POST` of the endpoint's `/close`. With a voucher for exactly what is charged, the rest goes back at once. */
export type Close = {
  refund?: {
    config: ChannelConfig
    voucher: VerifiedVoucher
    /** Absent: all that is left. */
    amount?: bigint
  }
}

/** Reads the body that opens a session. */
export function parseOpen(value: unknown): Open | Failure {
  return attempt<Open>('malformed_body', () => {
    const body = object(value, 'body')
    if (body['v'] !== 1) throw new Refused('v is not 1')
    const network = text(body['network'], 'network')
    const chainId = Network.chainId(network)
    if (chainId === undefined) throw new Refused('network is no EVM chain', 'network_mismatch')
    const open = object(body['open'], 'open')
    return {
      network,
      chainId,
      config: config(body['config'], 'config'),
      ...money(body),
      open: {
        nonce: bytes32(open['nonce'], 'open.nonce'),
        expires: seconds(open['expires'], 'open.expires'),
        publicKey: bytes32(open['publicKey'], 'open.publicKey'),
        signature: keySignature(open['signature'], 'open.signature'),
      },
    }
  })
}

/** Reads the body that raises what a session may spend. */
export function parseRaise(value: unknown): Raise | Failure {
  return attempt<Raise>('malformed_body', () => {
    const body = object(value, 'body')
    const { voucher: raise, deposit: paid } = money(body)
    if (paid === undefined) return { voucher: raise }
    return { voucher: raise, deposit: paid, config: config(body['config'], 'config') }
  })
}

/** Reads the body that closes a session. */
export function parseClose(value: unknown): Close | Failure {
  return attempt<Close>('malformed_body', () => {
    const body = object(value, 'body')
    if (body['refund'] === undefined || body['refund'] === null) return {}
    const refund = object(body['refund'], 'refund')
    const signed = {
      config: config(refund['config'], 'refund.config'),
      voucher: voucher(refund['voucher'], 'refund.voucher'),
    }
    if (refund['amount'] === undefined || refund['amount'] === null) return { refund: signed }
    const amount = atomic(refund['amount'], 'refund.amount')
    if (amount === 0n) throw new Refused('refund.amount is 0', 'refund_amount_invalid')
    return { refund: { ...signed, amount } }
  })
}

/** True for a body that could not be read. */
export function isFailure<T extends object>(result: T | Failure): result is Failure {
  return 'error' in result
}

/** The JSON that `parseOpen` reads. */
export function openJson({ network, config: channelConfig, open, ...rest }: Omit<Open, 'chainId'>): Json {
  return { v: 1, network, config: channelConfig, ...moneyJson(rest), open }
}

/** The JSON that `parseRaise` reads. */
export function raiseJson(raise: Raise): Json {
  return { ...moneyJson(raise), ...(raise.deposit === undefined ? {} : { config: raise.config }) }
}

/** The JSON that `parseClose` reads. */
export function closeJson({ refund }: Close): Json {
  if (refund === undefined) return {}
  const { config: channelConfig, voucher: signed, amount } = refund
  const paid = amount === undefined ? {} : { amount: amount.toString() }
  return { refund: { config: channelConfig, voucher: voucherJson(signed), ...paid } }
}

type Money = { voucher: VerifiedVoucher; deposit?: Deposit }

function moneyJson({ voucher: raise, deposit: paid }: Money): Json {
  return { voucher: voucherJson(raise), ...(paid === undefined ? {} : { deposit: depositJson(paid) }) }
}

function money(body: Json): Money {
  const signed = voucher(body['voucher'], 'voucher')
  if (body['deposit'] === undefined || body['deposit'] === null) return { voucher: signed }
  return { voucher: signed, deposit: deposit(object(body['deposit'], 'deposit'), 'deposit') }
}

function voucher(value: unknown, path: string): VerifiedVoucher {
  const from = object(value, path)
  return {
    max: atomic(from['maxClaimableAmount'], `${path}.maxClaimableAmount`),
    signature: keySignature(from['signature'], `${path}.signature`),
  }
}

function voucherJson({ max, signature }: VerifiedVoucher): Json {
  return { maxClaimableAmount: max.toString(), signature }
}

function depositJson({ amount, authorization }: Deposit): Json {
  const { validAfter, validBefore, salt, signature } = authorization
  const erc3009Authorization = {
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    salt,
    signature,
  }
  return { amount: amount.toString(), authorization: { erc3009Authorization } }
}

function seconds(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) {
    throw new Refused(`${path} is not a time in Unix seconds`)
  }
  return value
}
