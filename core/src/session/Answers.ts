/** What the session endpoint answers, as JSON: amounts are decimal strings, times Unix seconds. */
import * as Amount from '../Amount.ts'
import * as Base64 from '../Base64.ts'
import type { ErrorCode } from '../Errors.ts'
import { type Hex, isBytes32 } from '../Hex.ts'
import type { ChannelView } from '../message/Session.ts'
import { type Algorithm, ALGORITHMS } from './OpenSession.ts'
import { room } from './Room.ts'

/** Where the channel stands. */
export type ChannelJson = {
  channelId: Hex
  balance: string
  totalClaimed: string
  /** Charged and set aside. */
  charged: string
  /** The highest voucher that was accepted. */
  accepted: string
  withdrawRequestedAt: number
  refundNonce: string
}

/** A session was opened. */
export type OpenAnswer = {
  v: 1
  token: string
  /** The request key, base64url; with `hmac-sha256` only. */
  key?: string
  algorithm: Algorithm
  epoch: number
  expires: number
  channel: ChannelJson
  room: string
}

/** A voucher was taken, or was below one that had been. */
export type RaiseAnswer = { v: 1; channel: ChannelJson; room: string }

/**
 * All sessions of the channel have ended; `epoch` is that of the next ones. With `refund`, money is on its way back; with
 * `refused`, it was asked for and is still in the channel.
 */
export type CloseAnswer = {
  v: 1
  epoch: number
  channel: ChannelJson
  refund?: { amount: string; transaction?: Hex }
  refused?: { code: ErrorCode; title: string; hint: string; retryable: boolean }
}

export function channelJson(channel: ChannelView, accepted: bigint): ChannelJson {
  return {
    channelId: channel.channelId,
    balance: Amount.toString(channel.balance),
    totalClaimed: Amount.toString(channel.totalClaimed),
    charged: Amount.toString(channel.chargedCumulative),
    accepted: Amount.toString(accepted),
    withdrawRequestedAt: channel.withdrawRequestedAt,
    refundNonce: channel.refundNonce.toString(),
  }
}

export function openAnswer(opened: {
  token: string
  key?: Uint8Array
  algorithm: Algorithm
  epoch: number
  expires: number
  channel: ChannelView
  accepted: bigint
}): OpenAnswer {
  const { token, key, algorithm, epoch, expires } = opened
  return {
    v: 1,
    token,
    ...(key === undefined ? {} : { key: Base64.encodeUrl(key) }),
    algorithm,
    epoch,
    expires,
    ...state(opened.channel, opened.accepted),
  }
}

export function raiseAnswer(channel: ChannelView, accepted: bigint): RaiseAnswer {
  return { v: 1, ...state(channel, accepted) }
}

/** Reads the answer that opened a session; `undefined` when it cannot be used. Never throws on JSON values. */
export function parseOpenAnswer(value: unknown): OpenAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { v, token, key, algorithm, epoch, expires, channel, room: left } = value as Partial<OpenAnswer>
  if (v !== 1 || typeof token !== 'string' || Amount.tryParse(left) === undefined || !isChannel(channel)) {
    return undefined
  }
  if (!ALGORITHMS.some((each) => each === algorithm) || !isCount(epoch) || !isCount(expires)) return undefined
  const bytes = typeof key === 'string' ? Base64.decodeUrl(key) : undefined
  if (algorithm === 'hmac-sha256' ? bytes?.length !== 32 : key !== undefined) return undefined
  return value as OpenAnswer
}

/** Reads the answer to a raise; `undefined` when it cannot be used. Never throws on JSON values. */
export function parseRaiseAnswer(value: unknown): RaiseAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { v, channel, room: left } = value as Partial<RaiseAnswer>
  if (v !== 1 || Amount.tryParse(left) === undefined || !isChannel(channel)) return undefined
  return value as RaiseAnswer
}

function state(channel: ChannelView, accepted: bigint): { channel: ChannelJson; room: string } {
  const left = room(accepted, channel.balance, channel.chargedCumulative)
  return { channel: channelJson(channel, accepted), room: Amount.toString(left.room) }
}

function isChannel(value: unknown): value is ChannelJson {
  if (typeof value !== 'object' || value === null) return false
  const { channelId, withdrawRequestedAt, ...from } = value as Partial<ChannelJson>
  const amounts = [from.balance, from.totalClaimed, from.charged, from.accepted, from.refundNonce]
  if (!isBytes32(channelId) || !isCount(withdrawRequestedAt)) return false
  return amounts.every((each) => Amount.tryParse(each) !== undefined)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
