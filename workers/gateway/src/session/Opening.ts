import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Deposit } from '@pbstream/core/Credential'
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { SessionOpened } from '@pbstream/core/message/PaidSession'
import type { SentinelRefusal } from '@pbstream/core/message/Sentinel'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import type { Facts } from '@pbstream/core/Policy'
import { submitDeposit } from '../Deposit.ts'
import type { Gateway } from '../Call.ts'
import type { Authorised } from './Call.ts'

/** What comes of a voucher that a session is opened with, or raised by. */
export type Opening =
  | Extract<SessionOpened, { kind: 'opened' | 'corrective' }>
  | {
      kind: 'refused'
      code: ErrorCode
      facts?: Facts
      sentinel?: SentinelRefusal
      detail?: string
      transaction?: Hex
    }

type Place = Pick<Authorised, 'ref' | 'name' | 'chain' | 'channelId'> & { config?: ChannelConfig }

/**
 * Asks a stream session to take a voucher, and does what it asks for first: reads the channel from the chain, or has the
 * deposit mined that came along. `ask` gets the deposit as long as it was not submitted.
 */
export async function takeVoucher(
  gateway: Gateway,
  { ref, name, chain, channelId, config }: Place,
  deposit: Deposit | undefined,
  ask: (object: StreamSessionApi, deposit: { deposit?: { amount: bigint } }) => Promise<SessionOpened>,
): Promise<Opening> {
  const { env } = gateway
  let owed = deposit
  let observed = false
  for (;;) {
    const money = owed === undefined ? {} : { deposit: { amount: owed.amount } }
    const reply = await ask(env.STREAM_SESSION.getByName(name), money)
    if (reply.kind === 'unknown_channel') {
      if (config === undefined) return { kind: 'refused', code: 'session_ended' }
      const seen = observed ? { ok: false } : await env.SETTLEMENT.observe(1, ref, channelId, config)
      if (!seen.ok) return { kind: 'refused', code: 'temporarily_unavailable' }
      observed = true
      continue
    }
    if (reply.kind !== 'deposit') return reply
    // It was submitted, and the object does not know yet: the report of it is still on the way.
    if (owed === undefined || config === undefined) return { kind: 'refused', code: 'temporarily_unavailable' }
    const submitted = await submitDeposit(gateway, { session: ref, channelId, config, chain }, reply.depositId, owed)
    if (submitted.kind === 'pending') {
      return { kind: 'refused', code: 'settlement_pending', transaction: submitted.transaction }
    }
    if (submitted.kind === 'failed') {
      const { code, detail, transaction } = submitted
      return {
        kind: 'refused',
        code,
        ...(detail === undefined ? {} : { detail }),
        ...(transaction === undefined ? {} : { transaction }),
      }
    }
    owed = undefined
  }
}
