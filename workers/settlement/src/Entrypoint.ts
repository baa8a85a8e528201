/** What cannot wait for a queue, for the gateway over its service binding. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import type { SessionRef } from '@pbstream/core/message/Session'
import type {
  DepositOrder,
  ExactOrder,
  RefundSubmission,
  SettlementApi,
  SubmitReply,
} from '@pbstream/core/message/Settlement'
import { deposit } from './Deposit.ts'
import { deps } from './Deps.ts'
import type { Env } from './Env.ts'
import { checkExact, exact } from './Exact.ts'
import { observe } from './Observe.ts'
import { refund } from './Refund.ts'

export class Settlement extends WorkerEntrypoint<Env> implements SettlementApi {
  async observe(_v: 1, session: SessionRef, channelId: Hex, config: ChannelConfig): Promise<{ ok: boolean }> {
    return observe(deps(this.env), session, channelId, config)
  }

  async deposit(order: DepositOrder): Promise<SubmitReply> {
    return deposit(deps(this.env), order)
  }

  async refund(order: RefundSubmission): Promise<SubmitReply> {
    return refund(deps(this.env), order)
  }

  async checkExact(order: Parameters<SettlementApi['checkExact']>[0]): ReturnType<SettlementApi['checkExact']> {
    return checkExact(deps(this.env), order)
  }

  async exact(order: ExactOrder): Promise<SubmitReply> {
    return exact(deps(this.env), order)
  }

  async addresses(): Promise<{ receiverAuthorizer: Address }> {
    return { receiverAuthorizer: deps(this.env).keys.receiverAuthorizer.address }
  }
}
