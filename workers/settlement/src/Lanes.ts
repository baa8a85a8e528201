/** The lane objects that this Worker hosts, connected to its chains and keys. */
import { NonceLane as Lane } from '@pbstream/nonce-lane/NonceLane'
import type { Config, Ports } from '@pbstream/nonce-lane/Runner'
import { deps } from './Deps.ts'
import { amountOf, type Env } from './Env.ts'
import { budgetOf } from './GasBudget.ts'
import { gasSigners } from './Keys.ts'

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
  const signer = gasSigners(keys).find(({ address }) => address === lane.signer)
  if (chain === undefined || signer === undefined) throw new Error('a lane of an unknown chain or signer')
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
      ...budgetOf(env, keys, signer),
    },
  }
}
