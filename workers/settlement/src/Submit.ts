/** Sends a transaction through a lane and waits, in the Worker, until it is mined or the caller's time is up. */
import type { Hex } from '@pbstream/core/Hex'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import type { LaneItem, LaneOrder, LaneReply } from '@pbstream/nonce-lane/Order'
import type { Chain, Deps } from './Deps.ts'

export type Outcome =
  | { kind: 'mined'; transaction: Hex }
  /** Journaled; the lane goes on with it. Without a hash while its signer is away. */
  | { kind: 'pending'; transaction: Hex | undefined }
  /** Mined and reverted, or given up: nothing moved. */
  | { kind: 'reverted'; transaction: Hex | undefined; error: string }
  /** Somebody else's transaction had its effect first. */
  | { kind: 'by_another' }
  /** It was never sent: it would revert. `proven`: its effect is on chain already. */
  | { kind: 'would_revert'; message: string; proven: boolean }
  /** It was never sent: the chain does not answer, or the lane's gas for today is used up. */
  | { kind: 'unavailable'; message: string }

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 500
const LONGEST_WAIT = 120_000
const MAX_TRIES = 3
const MAX_GENERATIONS = 8

/**
 * One order, once, however often it is asked for. With `again` an order whose transaction came to nothing earlier is
 * sent anew under another item id (`id#1`, …): for authorisations that are still good after a revert.
 */
export async function submit(
  deps: Deps,
  chain: Chain,
  order: LaneOrder,
  wait: { ms: number; again?: boolean },
): Promise<Outcome> {
  for (let generation = 0; ; generation++) {
    const id = generation === 0 ? order.id : `${order.id}#${generation}`
    const reply = await ask(deps, { ...order, id })
    if (reply.kind === 'reverted') return { kind: 'would_revert', message: reply.message, proven: reply.proven }
    if (reply.kind === 'over_budget') {
      deps.log('lane_over_budget', { chainId: chain.chainId, signer: order.signer })
      return { kind: 'unavailable', message: 'the gas budget of today is used up' }
    }
    if (reply.kind === 'unavailable') return reply
    const stale = reply.item.state === 'failed'
    if (!stale || wait.again !== true || generation + 1 >= MAX_GENERATIONS) {
      return watch(deps, chain, order, reply.item, wait.ms)
    }
  }
}

/** A lane that was replaced while it worked answers with an error: the same question to a fresh stub is harmless. */
async function ask(deps: Deps, order: LaneOrder): Promise<LaneReply> {
  for (let tries = 1; ; tries++) {
    try {
      return await deps.lane(order.chainId, order.signer).submit(1, order)
    } catch (error) {
      if (tries >= MAX_TRIES || (error as { overloaded?: boolean }).overloaded === true) throw error
    }
  }
}

async function watch(deps: Deps, chain: Chain, order: LaneOrder, item: LaneItem, ms: number): Promise<Outcome> {
  const until = deps.now() + Math.min(ms, LONGEST_WAIT)
  let current = item
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const ended = outcome(current)
    if (ended !== undefined) return ended
    const left = until - deps.now()
    if (left <= 0 || (await hasReceipt(chain, current.transaction))) {
      // The lane looks for itself, and has told the session when it answers.
      current = (await deps.lane(order.chainId, order.signer).poke(1, current.id)) ?? current
      const seen = outcome(current)
      if (seen !== undefined) return seen
      if (left <= 0) return { kind: 'pending', transaction: current.transaction }
    }
    await deps.sleep(Math.min(pause, Math.max(left, 1)))
  }
}

function outcome(item: LaneItem): Outcome | undefined {
  const { state, transaction, success, error } = item
  if (state === 'open') return undefined
  if (state === 'confirmed' && success !== true) return { kind: 'by_another' }
  if (state !== 'failed' && success === true && transaction !== undefined) return { kind: 'mined', transaction }
  return { kind: 'reverted', transaction, error: error ?? 'reverted' }
}

/** The hash, when there is one, as a member of a reply. */
export function transactionOf(from: { transaction?: Hex | undefined }): { transaction?: Hex } {
  return from.transaction === undefined ? {} : { transaction: from.transaction }
}

async function hasReceipt(chain: Chain, hash: Hex | undefined): Promise<boolean> {
  if (hash === undefined) return false
  try {
    return (await chain.rpc.receipt(hash)) !== undefined
  } catch (error) {
    if (error instanceof RpcUnavailable) return false
    throw error
  }
}
