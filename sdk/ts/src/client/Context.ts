/** What every part of a payer works with. */
import type { Algorithm } from '@pbstream/core/session/OpenSession'
import type { PBStreamError } from '../errors/PBStreamError.ts'
import type { Payment } from '../errors/Payer.ts'
import { problemOf, toError } from '../errors/Problem.ts'
import type { Budget } from './Budget.ts'
import type { ChannelBook } from './ChannelBook.ts'
import type { Clock } from './Clock.ts'
import type { Pins } from './Pins.ts'
import type { Rpc } from './Rpc.ts'
import type { Mutex, Storage } from './Storage.ts'
import type { Wallet } from './Wallet.ts'
import type * as Signature from '@pbstream/core/Signature'

export type Context = {
  wallet: Wallet
  /** Signs for the session key. */
  sign: Signature.Sign
  storage: Storage
  /** Before every key of the store: payers share one. */
  prefix: string
  budget: Budget
  book: ChannelBook
  pins: Pins
  clock: Clock
  rpc: Rpc | undefined
  algorithm: Algorithm
  /** Origins of gateways that are trusted with sessions for servers of other origins. */
  gateways: readonly string[]
  send: typeof fetch
  /** One request at a time pays by voucher from a channel. */
  turns: Mutex
  /** Asks whoever is to be asked before something is signed. @throws {PaymentDeclinedError} */
  confirm(payment: Payment): Promise<void>
}

/** The most that is waited for a server that says when to come again. */
const LONGEST_WAIT_MS = 10_000

/** Waits as long as an answer's `Retry-After` says, a second where it says nothing. Rejects when the caller leaves. */
export function waitFor(response: Response | undefined, signal?: AbortSignal): Promise<void> {
  const seconds = Number(response?.headers.get('retry-after') ?? 1)
  return sleep(Math.min(Number.isFinite(seconds) ? seconds * 1000 : 1000, LONGEST_WAIT_MS), signal)
}

/** Refusals that end by themselves: a throttle, a budget that was spent too fast, an upstream that is spared for a while. */
const PASSING = new Set(['sentinel_throttled', 'spend_breaker_open', 'upstream_breaker_open'])

/** True: the refusal ends soon, and that was waited for. What takes longer is its caller's affair. */
export async function waitOut(code: string | undefined, response: Response, signal: AbortSignal): Promise<boolean> {
  if (code === undefined || !PASSING.has(code)) return false
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  if (!(seconds >= 0 && seconds * 1000 <= LONGEST_WAIT_MS)) return false
  await sleep(seconds * 1000, signal)
  return true
}

/** Whether the gateway refused an attempt without looking whether the request was served before. */
export function isUnseen(code: string): boolean {
  return PASSING.has(code) || code === 'sentinel_frozen' || code === 'sentinel_signature_required'
}

/** Waits. Rejects with the reason of `signal` when that is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(reasonOf(signal))
    const left = () => {
      clearTimeout(timer)
      reject(reasonOf(signal as AbortSignal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', left)
      resolve()
    }, ms)
    signal?.addEventListener('abort', left, { once: true })
  })
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError')
}

/** The error of an answer that failed. */
export async function errorOf(response: Response): Promise<PBStreamError> {
  const problem = (await problemOf(response)) ?? { code: `http_${response.status}` }
  return toError(problem, response.status)
}
