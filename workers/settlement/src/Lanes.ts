/** The lane objects that this Worker hosts, connected to its chains and keys. */
import { NonceLane as Lane } from '@pbstream/nonce-lane/NonceLane'
import type { Config, Ports } from '@pbstream/nonce-lane/Runner'
import { deps } from './Deps.ts'
import { amountOf, type Env } from './Env.ts'

/** An ether, and a tenth for callers of the facilitator: brakes, far above what a day takes. */
const DAILY_GAS = 1_000_000_000_000_000_000n
const FACILITATOR_DAILY_GAS = 100_000_000_000_000_000n
/** A hundredth of an ether: thousands of claims on a rollup, and time to fill it up. */
const LOW_GAS = 10_000_000_000_000_000n
const LOST_AFTER = 300_000
const REFUSALS = 3

export class NonceLane extends Lane<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, connect)
  }
}

function connect(env: Env, lane: { chainId: number; signer: string }): { ports: Ports; config: Config } {
  const { chain: find, keys, acknowledge, publish, now, log } = deps(env)
  const chain = find(lane.chainId)
  const signer = [keys.gas, keys.facilitatorGas].find(({ address }) => address === lane.signer)
  if (chain === undefined || signer === undefined) throw new Error('a lane of an unknown chain or signer')
  const ours = signer === keys.gas
  return {
    ports: { chain: chain.rpc, signer, acknowledge, publish, now, log },
    config: {
      confirmations: chain.confirmations,
      rebroadcastMs: chain.rebroadcastMs,
      stallMs: chain.stallMs,
      maxFeeCap: chain.maxFeePerGas,
      lostMs: LOST_AFTER,
      maxRefusals: REFUSALS,
      pollMs: chain.pollMs,
      lowBalance: amountOf(env.LOW_GAS_WEI, LOW_GAS),
      dailyBudget: ours
        ? amountOf(env.DAILY_GAS_WEI, DAILY_GAS)
        : amountOf(env.FACILITATOR_DAILY_GAS_WEI, FACILITATOR_DAILY_GAS),
    },
  }
}
