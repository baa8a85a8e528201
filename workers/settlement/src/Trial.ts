/** Whether rows would go through now, and the calldata that puts them on chain: one way for each form. */
import type { Hex } from '@pbstream/core/Hex'
import * as Voucher from '@pbstream/core/Voucher'
import * as Batch from './Batch.ts'
import type { ChannelContract } from './ChannelContract.ts'
import * as Contract from './Contract.ts'
import type { Chain, Deps } from './Deps.ts'
import * as Sizing from './Sizing.ts'

type Row = Batch.Row

/** Where rows are put on chain, and how. */
export type Site = { chain: Chain; contract: ChannelContract; form: Sizing.Form }

/** Why a row would not go through: what the escrow says of it, or that the transaction reverts because of it. */
export type Why = Contract.Outcome | 'reverted'

export type Trial = { good: Row[]; bad: { row: Row; why: Why }[] }

/** One transaction: the claims, signed together by the receiver authorizer, and the payouts. */
export async function calldata(deps: Deps, { contract, form }: Site, rows: readonly Row[]): Promise<Hex> {
  const signed = async (some: readonly Row[]) =>
    deps.keys.receiverAuthorizer.sign(Voucher.claimBatchDigest(contract.domain, some))
  const groups = Sizing.groups(rows, form)
  if (form === 'packed') {
    return Contract.together(
      await Promise.all(groups.map(async (group) => Contract.settleBatch(group, await signed(group)))),
    )
  }
  const payouts = Batch.pairs(rows).map(({ receiver, token }) => Contract.settle(receiver, token))
  return Contract.multicall([Contract.claimWithSignature(rows, await signed(rows)), ...payouts])
}

/** The claims alone, without payouts, as both contracts take them. One bad row makes it revert. */
export async function recording(deps: Deps, { contract }: Site, rows: readonly Row[]): Promise<Hex> {
  const signature = await deps.keys.receiverAuthorizer.sign(Voucher.claimBatchDigest(contract.domain, rows))
  return Contract.claimWithSignature(rows, signature)
}

/** Tries rows on the newest state, without sending anything. */
export function run(deps: Deps, site: Site, rows: readonly Row[]): Promise<Trial> {
  return site.form === 'packed' ? runPacked(deps, site, rows) : runWhole(deps, site, rows)
}

/** A bad row makes the others revert: halves are tried until the bad ones stand alone. */
async function runWhole(deps: Deps, site: Site, rows: readonly Row[]): Promise<Trial> {
  const { chain, contract } = site
  const from = deps.keys.gas.address
  const { good, bad } = await Batch.isolate(rows, async (some) => {
    const data = await calldata(deps, site, some)
    return (await chain.rpc.estimateGas({ from, to: contract.address, data })).kind === 'gas'
  })
  return { good, bad: bad.map((row) => ({ row, why: 'reverted' })) }
}

/**
 * One call says of each row what would become of it. A group reverts only as a whole, say because its receiver takes no
 * tokens: then the groups are halved.
 *
 * What is recorded already goes along: the transaction pays it out, if nobody has, and its logs report it at depth k.
 */
async function runPacked(deps: Deps, site: Site, rows: readonly Row[]): Promise<Trial> {
  const { chain, contract, form } = site
  const from = deps.keys.gas.address
  const trial: Trial = { good: [], bad: [] }
  const { bad } = await Batch.isolate(Sizing.groups(rows, form), async (groups) => {
    const data = await calldata(deps, site, groups.flat())
    const reply = await chain.rpc.call({ from, to: contract.address, data, gas: Contract.MAX_TRIAL_GAS })
    if (reply.kind === 'reverted') return false
    const outcomes = Contract.readOutcomes(groups.length, reply.data).flat()
    for (const [i, row] of groups.flat().entries()) {
      const why = outcomes[i] ?? 'reverted'
      if (why === 'claimed' || why === 'nothing_new') trial.good.push(row)
      else trial.bad.push({ row, why })
    }
    return true
  })
  for (const row of bad.flat()) trial.bad.push({ row, why: 'reverted' })
  return trial
}
