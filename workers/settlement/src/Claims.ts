/**
 * Consumer of the claims queue: as few transactions a chain and contract as fit, through the lane.
 *
 * Whatever happens to a message, its channel is either in the lane's journal, or told that it is unclaimed again, or
 * still in a queue; or it is mined, and its session asks until it is final. Nothing here is remembered between two runs.
 */
import type { Hex } from '@pbstream/core/Hex'
import * as Batch from './Batch.ts'
import * as ChannelContract from './ChannelContract.ts'
import * as Check from './Check.ts'
import * as Blocked from './Blocked.ts'
import * as Due from './Due.ts'
import type { Deps } from './Deps.ts'
import { observe } from './Observe.ts'
import * as Sizing from './Sizing.ts'
import * as Trial from './Trial.ts'
import { ack, type QueueMessage, refOf, retry, tell, type Work } from './Work.ts'

/** After so many failures of its own, a channel's claim takes the way to the dead letters. */
const MAX_ATTEMPTS = 3
/** Seconds. */
const UNKNOWN_DELAY = 30
const SOON = 5
const BUDGET_DELAY = 900

/** Settles a batch of messages. Never throws: each message is acknowledged or retried by itself. */
export async function consume(deps: Deps, messages: readonly QueueMessage[], limits: Due.Limits): Promise<void> {
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

/** Totals are cumulative: the higher one stands for both. If either is in a hurry, both are. */
function merged(work: Work, row: Batch.Row, message: QueueMessage): Work {
  const higher = row.total > work.row.total ? row : work.row
  const attempt = Math.max(row.attempt, work.row.attempt)
  const reason = row.reason === 'close' || work.row.reason === 'close' ? 'close' : higher.reason
  return { row: { ...higher, attempt, reason }, messages: [...work.messages, message] }
}

async function settleGroup(deps: Deps, works: Work[], limits: Due.Limits): Promise<void> {
  const first = works[0]?.row
  const chain = deps.chain(first?.chainId ?? 0)
  const contract = first === undefined ? undefined : ChannelContract.find(chain, first.contract)
  if (chain === undefined || contract === undefined) return
  await deps.watch(
    chain.chainId,
    works.map(({ row: { channelId, config } }) => ({ session: refOf(chain, contract, config), channelId, config })),
  )
  const due = await Due.of(deps, chain, contract, works, limits)
  const byChannel = new Map(due.map((work) => [work.row.channelId, work]))
  const worksOf = (rows: Batch.Row[]) => rows.flatMap(({ channelId }) => byChannel.get(channelId) ?? [])
  for (const form of ['packed', 'whole'] as const) {
    const site = { chain, contract, form }
    const rows = due.flatMap(({ row }) => (Batch.formOf(row, contract.kind) === form ? [row] : []))
    for (const batch of Sizing.split(rows, form, Sizing.limits(chain.maxBatchGas))) {
      const { good, bad } = await Trial.run(deps, site, batch)
      if (good.length > 0) await send(deps, site, worksOf(good), true)
      const reverted = bad.flatMap(({ row, why }) => (why === 'reverted' ? worksOf([row]) : []))
      const { recordable, hopeless } = await Blocked.sort(deps, site, reverted)
      if (recordable.length > 0) await send(deps, site, recordable, false)
      for (const work of hopeless) await reject(deps, work, 'reverted')
      for (const { row, why } of bad) {
        if (why !== 'reverted') for (const work of worksOf([row])) await reject(deps, work, why)
      }
    }
  }
}

/** `pay`: pays out too. Without it claims are only recorded, for receivers whose token refuses to pay them. */
async function send(deps: Deps, site: Trial.Site, works: Work[], pay: boolean): Promise<void> {
  const { chain, contract, form } = site
  const rows = works.map(({ row }) => row)
  const signer = deps.keys.gas.address
  const partial = form === 'packed' && pay ? ({ partial: true } as const) : {}
  const keys = rows.map(pay ? Batch.key : Batch.recordKey)
  const reply = await deps.lane(chain.chainId, signer).submit(1, {
    chainId: chain.chainId,
    signer,
    id: Batch.itemId(keys),
    purpose: 'claim',
    to: contract.address,
    data: await (pay ? Trial.calldata(deps, site, rows) : Trial.recording(deps, site, rows)),
    acks: rows.map(({ session, channelId, total }) => ({
      session,
      event: { kind: 'claim', channelId, total, settled: pay, ...partial },
    })),
    keys,
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
 * A row that would not go through: its session has the money unclaimed again and asks anew, later each time. If money
 * left the channel or its key stopped, the session is told that first, and does not ask for what it can see is lost.
 * A period ceiling rises by itself and a stop is booked, so waiting for these is nobody's incident.
 */
async function reject(deps: Deps, work: Work, why: Trial.Why): Promise<void> {
  const { chainId, contract, channelId, config, attempt } = work.row
  deps.log('claim_rejected', { chainId, channelId, attempt, why })
  if (why === 'key_stopped' || why === 'unfunded') {
    await observe(deps, refOf({ chainId }, { address: contract }, config), channelId, config).catch((error: unknown) =>
      deps.log('ack_delayed', { channelId, message: error instanceof Error ? error.message : 'unknown' }),
    )
  }
  if (attempt >= MAX_ATTEMPTS && why !== 'ceiling_reached' && why !== 'key_stopped') retry(work)
  else await tell(deps, work, 'failed')
}
