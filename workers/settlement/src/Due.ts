/** Which claims are to be sent now: not done or under way already, and worth their gas. */
import type { At } from '@pbstream/nonce-lane/ChainRpc'
import * as Batch from './Batch.ts'
import type { ChannelContract } from './ChannelContract.ts'
import * as Contract from './Contract.ts'
import type { Chain, Deps } from './Deps.ts'
import * as Sizing from './Sizing.ts'
import type { Form } from './Sizing.ts'
import { ack, tell, type Work } from './Work.ts'
import * as Worth from './Worth.ts'

export type Limits = {
  /** Atomic units that a claim must be worth unless its channel closes. */
  minAmount: bigint
}

/** Leaves out what is on chain, what a lane item covers, and what is not worth its gas. */
export async function of(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract,
  works: Work[],
  limits: Limits,
): Promise<Work[]> {
  const covered = new Set(
    await deps.lane(chain.chainId, deps.keys.gas.address).covered(
      1,
      works.map(({ row }) => Batch.key(row)),
    ),
  )
  const rows = works.map(({ row }) => row)
  const depth = Math.max(0, (await chain.rpc.blockNumber()) - chain.confirmations + 1)
  const [deep, newest] = await Promise.all([read(chain, contract, rows, depth), read(chain, contract, rows, 'latest')])
  const missing: Work[] = []
  for (const [i, work] of works.entries()) {
    const { row } = work
    const claimed = deep.claimed[i] ?? 0n
    if (isDone(deep, row, i)) await tell(deps, work, 'confirmed')
    // The lane sees to it, and tells the session.
    else if (covered.has(Batch.key(row))) ack(work)
    // Mined by a refund, or by somebody else, and not yet at depth k: its session asks again until it is.
    else if (isDone(newest, row, i)) ack(work)
    else missing.push({ ...work, claimed })
  }
  return worthwhile(deps, chain, contract, missing, { limits, owed: deep.owed })
}

/** What a block says of these rows: `claimed` of each one's channel, and what each receiver has not been paid. */
type Standing = { claimed: bigint[]; owed: Map<string, bigint> }

async function read(chain: Chain, contract: ChannelContract, rows: Batch.Row[], at: At): Promise<Standing> {
  const pairs = Batch.pairs(rows)
  const ids = rows.map(({ channelId }) => channelId)
  const { channels, receivers } = await Contract.readStates(chain.rpc, contract.address, ids, pairs, at)
  const owed = new Map(
    pairs.map((pair, i) => {
      const state = receivers[i]
      return [Batch.pairName(pair), state === undefined ? 0n : state.totalClaimed - state.totalSettled]
    }),
  )
  return { claimed: channels.map(({ totalClaimed }) => totalClaimed), owed }
}

/** Recorded and paid out. */
function isDone({ claimed, owed }: Standing, row: Batch.Row, i: number): boolean {
  return (claimed[i] ?? 0n) >= row.total && owed.get(Batch.pairName(row.config)) === 0n
}

/** Puts off what is not worth its gas now. What is left goes in front when its channel closes. */
async function worthwhile(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract,
  works: Work[],
  { limits, owed }: { limits: Limits; owed: Map<string, bigint> },
): Promise<Work[]> {
  const prices = await pricesOf(chain, limits)
  const gas = new Map<Form, number>()
  for (const form of ['packed', 'whole'] as const) {
    const rows = works.flatMap(({ row }) => (Batch.formOf(row, contract.kind) === form ? [row] : []))
    gas.set(form, Sizing.gasEach(rows, form))
  }
  const due: Work[] = []
  for (const work of works) {
    const { row, claimed = 0n } = work
    // What is recorded already only waits for its payout.
    const value = row.total > claimed ? row.total - claimed : (owed.get(Batch.pairName(row.config)) ?? 0n)
    const share = gas.get(Batch.formOf(row, contract.kind)) ?? 0
    const verdict = Worth.verdict({ value, reason: row.reason, gas: share }, prices)
    if (verdict === 'go') due.push(work)
    else await tell(deps, work, 'deferred', Worth.WAIT[verdict])
  }
  const isClosing = ({ row }: Work): boolean => row.reason === 'close'
  return [...due.filter(isClosing), ...due.filter((work) => !isClosing(work))]
}

/** The price of gas is asked for only where something depends on it. */
async function pricesOf({ rpc, calmFeePerGas, etherPrice }: Chain, { minAmount }: Limits): Promise<Worth.Prices> {
  const matters = calmFeePerGas > 0n || etherPrice > 0n
  const { baseFee, priority } = matters ? await rpc.market() : { baseFee: 0n, priority: 0n }
  return { gas: baseFee + priority, calm: calmFeePerGas, ether: etherPrice, minAmount }
}
