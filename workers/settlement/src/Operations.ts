/** What `workers/control` asks for operators and the reconciliation, over a service binding of its own. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import { type Address, lower } from '@pbstream/core/Hex'
import {
  type ChannelRef,
  type CloseReply,
  type Comparison,
  type DeadLetter,
  type DrainReply,
  type LaneOperationsApi,
  type LaneState,
  type OperationsApi,
  type ReplayReply,
  type ViewCall,
  type ViewReply,
} from '@pbstream/core/message/Operations'
import { parseSessionName } from '@pbstream/core/message/Session'
import { laneName } from '@pbstream/nonce-lane/Order'
import { compare } from './Compare.ts'
import * as DeadLetters from './DeadLetters.ts'
import { deps, log } from './Deps.ts'
import type { Env } from './Env.ts'
import { gasSigners } from './Keys.ts'
import { observe } from './Observe.ts'
import { refund } from './Refund.ts'
import { view } from './View.ts'

export class Operations extends WorkerEntrypoint<Env> implements OperationsApi {
  async compare(_v: 1, channels: ChannelRef[]): Promise<Comparison[]> {
    const ask = ({ session, channelId }: ChannelRef) => DeadLetters.sessionOf(this.env, session).standing(1, channelId)
    return compare(deps(this.env), ask, channels)
  }

  async observe(_v: 1, { session, channelId }: ChannelRef, config: ChannelConfig): Promise<{ ok: boolean }> {
    const ref = parseSessionName(session)
    return ref === undefined ? { ok: false } : observe(deps(this.env), ref, channelId, config)
  }

  async drain(_v: 1, { session, channelId }: ChannelRef): Promise<DrainReply> {
    log('operator_drain', { channelId })
    return DeadLetters.sessionOf(this.env, session).drain(1, channelId)
  }

  async close(
    _v: 1,
    { session, channelId }: ChannelRef,
    keep: { receiver: Address; withdrawDelay: number | null },
  ): Promise<CloseReply> {
    const all = deps(this.env)
    const chain = all.chain(parseSessionName(session)?.chainId ?? 0)
    if (chain === undefined) return { kind: 'unknown_channel' }
    const terms = { receiver: lower(keep.receiver), withdrawDelay: keep.withdrawDelay ?? chain.withdrawDelay }
    const step = await DeadLetters.sessionOf(this.env, session).close(1, channelId, terms)
    if (step.kind !== 'refund') return step
    log('channel_close', { channelId })
    // The session hears from the lane what became of it; whoever asked looks again later.
    await refund(all, { v: 1, session: step.session, channelId, config: step.config, ...step.order, waitMs: 1 })
    return { kind: 'waiting', why: 'refund' }
  }

  async lanes(_v: 1): Promise<LaneState[]> {
    return Promise.all(
      this.#lanes().map(async ({ chainId, signer }) => ({
        chainId,
        signer,
        ...(await this.#lane(chainId, signer).overview(1)),
      })),
    )
  }

  async pauseLane(_v: 1, chainId: number, signer: Address, on: boolean): Promise<boolean> {
    const lane = this.#lanes().find((each) => each.chainId === chainId && each.signer === lower(signer))
    if (lane === undefined) return false
    log(on ? 'lane_paused' : 'lane_resumed', { chainId, signer: lane.signer })
    await this.#lane(chainId, lane.signer).pause(1, on)
    return true
  }

  async deadLetters(_v: 1, limit: number): Promise<{ letters: DeadLetter[]; depth: number; settled: string[] }> {
    return DeadLetters.list(this.env, limit)
  }

  async replay(_v: 1, id: string): Promise<ReplayReply> {
    log('operator_replay', { id })
    return DeadLetters.replay(this.env, id)
  }

  async view(_v: 1, call: ViewCall): Promise<ViewReply> {
    return view(deps(this.env), call)
  }

  /** Every lane that this Worker has a key for. */
  #lanes(): { chainId: number; signer: Address }[] {
    const { chains, keys } = deps(this.env)
    const signers = gasSigners(keys)
    return chains.flatMap(({ chainId }) => signers.map(({ address }) => ({ chainId, signer: address })))
  }

  #lane(chainId: number, signer: Address): LaneOperationsApi {
    return this.env.NONCE_LANE.getByName(laneName(chainId, signer)) as unknown as LaneOperationsApi
  }
}
