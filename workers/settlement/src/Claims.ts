/**
 * Consumer of the claims queue: as few transactions a chain and contract as fit, through the lane.
 *
 * Whatever happens to a message, its channel is either in the lane's journal, or told that it is unclaimed again, or
 * still in a queue. Nothing here is remembered between two runs.
 */
import type { Hex } from '@pbstream/core/Hex'
import * as Batch from './Batch.ts'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import type { Chain, Deps } from './Deps.ts'
import * as Sizing from './Sizing.ts'
import * as Trial from './Trial.ts'

export type Limits = {
  /** Atomic units that a claim must be worth unless its channel closes. */
  minAmount: bigint
}

type QueueMessage = Pick<Message, 'body' | 'attempts' | 'ack' | 'retry'>

/** A row and the messages that asked for it or for less of the same channel. */
type Work = { row: Batch.Row; messages: QueueMessage[] }

/** After so many failures of its own, a channel's claim takes the way to the dead letters. */
const MAX_ATTEMPTS = 3
/** Seconds. */
const UNKNOWN_DELAY = 30
const SOON = 5
const BUDGET_DELAY = 900

/** Settles a batch of messages. Never throws: each message is acknowledged or retried by itself. */
export async function consume(deps: Deps, messages: readonly QueueMessage[], limits: Limits): Promise<void> {
  const groups = new Map<string, Map<Hex, Work>>()
  for (const message of messages) {
    const row = Batch.parse(message.body)
    if (row === undefined || !settleable(deps, row)) {
      // Perhaps a newer version's: it is kept for as long as a deployment takes, then it goes to the dead letters.
      deps.log('claim_unknown', { attempts: message.attempts })
      message.retry({ delaySeconds: UNKNOWN_DELAY })
      continue
    }
    const name = `${row.chainId}:${row.contract}`
    const group = groups.get(name) ?? new Map<Hex, Work>()
    groups.set(name, group)
    const work = group.get(row.channelId)
    group.set(row.channelId, work === undefined ? { row, messages: [message] } : merged(work, row, message))
  }
  for (const group of groups.values()) {
    const works = [...group.values()]
    try {
      await settleGroup(deps, works, limits)
    } catch (error) {
      // The chain or the lane is away. What was done before is acknowledged; acknowledging wins over this.
      deps.log('claims_delayed', { rows: works.length, message: error instanceof Error ? error.message : 'unknown' })
      for (const work of works) retry(work)
    }
  }
}

function settleable(deps: Deps, row: Batch.Row): boolean {
  const contract = ChannelContract.find(deps.chain(row.chainId), row.contract)
  if (contract === undefined || row.config.receiverAuthorizer !== deps.keys.receiverAuthorizer.address) return false
  return Check.isChannel(contract, row.config, row.channelId)
}

/** Totals are cumulative: the higher one stands for both. */
function merged(work: Work, row: Batch.Row, message: QueueMessage): Work {
  const higher = row.total > work.row.total ? row : work.row
  const attempt = Math.max(row.attempt, work.row.attempt)
  return { row: { ...higher, attempt }, messages: [...work.messages, message] }
}

async function settleGroup(deps: Deps, works: Work[], limits: Limits): Promise<void> {
  const first = works[0]?.row
  const chain = deps.chain(first?.chainId ?? 0)
  const contract = first === undefined ? undefined : ChannelContract.find(chain, first.contract)
  if (chain === undefined || contract === undefined) return
  const due = await withoutDone(deps, chain, contract, works, limits)
  const byChannel = new Map(due.map((work) => [work.row.channelId, work]))
  const worksOf = (rows: Batch.Row[]) => rows.flatMap(({ channelId }) => byChannel.get(channelId) ?? [])
  for (const form of ['packed', 'whole'] as const) {
    const site = { chain, contract, form }
    const rows = due.flatMap(({ row }) => (Batch.formOf(row, contract.kind) === form ? [row] : []))
    for (const batch of Sizing.split(rows, form, Sizing.limits(chain.maxBatchGas))) {
      const { good, bad } = await Trial.run(deps, site, batch)
      if (good.length > 0) await send(deps, site, worksOf(good))
      for (const { row, why } of bad) for (const work of worksOf([row])) await reject(deps, work, why)
    }
  }
}

/** Leaves out what a lane item covers already, what is on chain at depth k, and what is not worth its gas. */
async function withoutDone(
  deps: Deps,
  chain: Chain,
  contract: ChannelContract.ChannelContract,
  works: Work[],
  limits: Limits,
): Promise<Work[]> {
  const covered = new Set(
    await deps.lane(chain.chainId, deps.keys.gas.address).covered(
      1,
      works.map(({ row }) => Batch.key(row)),
    ),
  )
  for (const work of works) if (covered.has(Batch.key(work.row))) ack(work)
  const open = works.filter(({ row }) => !covered.has(Batch.key(row)))
  if (open.length === 0) return []
  const rows = open.map(({ row }) => row)
  const pairs = Batch.pairs(rows)
  const deep = Math.max(0, (await chain.rpc.blockNumber()) - chain.confirmations + 1)
  const ids = rows.map(({ channelId }) => channelId)
  const { channels, receivers } = await Contract.readStates(chain.rpc, contract.address, ids, pairs, deep)
  const paid = new Set(
    pairs.flatMap(({ receiver, token }, i) =>
      receivers[i]?.totalClaimed === receivers[i]?.totalSettled ? [`${receiver}:${token}`] : [],
    ),
  )
  const due: Work[] = []
  for (const [i, work] of open.entries()) {
    const { row } = work
    const claimed = channels[i]?.totalClaimed ?? 0n
    if (claimed >= row.total && paid.has(`${row.config.receiver}:${row.config.token}`)) {
      await tell(deps, work, 'confirmed')
    } else if (row.reason !== 'close' && row.total - claimed < limits.minAmount) {
      await tell(deps, work, 'failed')
    } else {
      due.push(work)
    }
  }
  return due
}

async function send(deps: Deps, site: Trial.Site, works: Work[]): Promise<void> {
  const { chain, contract, form } = site
  const rows = works.map(({ row }) => row)
  const signer = deps.keys.gas.address
  const partial = form === 'packed' ? ({ partial: true } as const) : {}
  const reply = await deps.lane(chain.chainId, signer).submit(1, {
    chainId: chain.chainId,
    signer,
    id: Batch.itemId(rows),
    purpose: 'claim',
    to: contract.address,
    data: await Trial.calldata(deps, site, rows),
    acks: rows.map(({ session, channelId, total }) => ({
      session,
      event: { kind: 'claim', channelId, total, settled: true, ...partial },
    })),
    keys: rows.map(Batch.key),
    maxGas: BigInt(chain.maxBatchGas) * 2n,
    channels: rows.length,
    amount: rows.reduce((sum, { total }) => sum + total, 0n),
  })
  switch (reply.kind) {
    case 'accepted':
      // The lane sees to it from here, and tells the sessions. What failed before under this id is told again.
      for (const work of works) await (reply.item.state === 'failed' ? tell(deps, work, 'failed') : ack(work))
      return
    case 'reverted':
      // Something changed since the batch was tested: test again.
      for (const work of works) retry(work, SOON)
      return
    case 'over_budget':
      deps.log('lane_over_budget', { chainId: chain.chainId, signer })
      for (const work of works) retry(work, BUDGET_DELAY)
      return
    case 'unavailable':
      deps.log('claims_delayed', { rows: rows.length, message: reply.message })
      for (const work of works) retry(work)
  }
}

/**
 * A row that would not go through: its session has the money unclaimed again and asks anew, later each time. A period
 * ceiling rises by itself, so waiting for it is nobody's incident.
 */
async function reject(deps: Deps, work: Work, why: Trial.Why): Promise<void> {
  const { chainId, channelId, attempt } = work.row
  deps.log('claim_rejected', { chainId, channelId, attempt, why })
  if (attempt >= MAX_ATTEMPTS && why !== 'ceiling_reached') retry(work)
  else await tell(deps, work, 'failed')
}

/** Reports to the session; the message stays in the queue until the session has taken the report. */
async function tell(deps: Deps, work: Work, status: 'confirmed' | 'failed'): Promise<void> {
  const { session, channelId, total } = work.row
  try {
    await deps.acknowledge(session, [{ kind: 'claim', channelId, total, status, settled: status === 'confirmed' }])
    ack(work)
  } catch (error) {
    deps.log('ack_delayed', { channelId, message: error instanceof Error ? error.message : 'unknown' })
    retry(work)
  }
}

function ack(work: Work): void {
  for (const message of work.messages) message.ack()
}

function retry(work: Work, delaySeconds?: number): void {
  for (const message of work.messages) {
    message.retry({ delaySeconds: delaySeconds ?? Math.min(10 * 2 ** message.attempts, 900) })
  }
}
