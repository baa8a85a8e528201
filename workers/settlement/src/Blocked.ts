/**
 * Claims whose transaction would revert because their token refuses to pay the receiver (a blocked account): they are
 * recorded without being paid out, so that no withdrawal or stop of a key takes them. The payout is tried again later.
 */
import type { IncidentEvent } from '@pbstream/core/message/Event'
import * as Batch from './Batch.ts'
import type { Deps } from './Deps.ts'
import * as Trial from './Trial.ts'
import { ack, tell, type Work } from './Work.ts'

const DAY = 86_400_000
const PAYOUT_AGAIN = 3_600_000

/**
 * Of works that revert with their payout: those that can be recorded without it, and those that cannot. What is recorded
 * already waits for its receiver, which is an incident once a day and receiver.
 */
export async function sort(
  deps: Deps,
  site: Trial.Site,
  works: readonly Work[],
): Promise<{ recordable: Work[]; hopeless: Work[] }> {
  if (works.length === 0) return { recordable: [], hopeless: [] }
  const isRecorded = ({ row, claimed = 0n }: Work): boolean => claimed >= row.total
  for (const work of works.filter(isRecorded)) {
    await report(deps, site, work)
    await tell(deps, work, 'deferred', PAYOUT_AGAIN)
  }
  const open = works.filter((work) => !isRecorded(work))
  const keys = open.map(({ row }) => Batch.recordKey(row))
  const lane = deps.lane(site.chain.chainId, deps.keys.gas.address)
  const covered = new Set(await lane.covered(1, keys))
  const fresh: Work[] = []
  for (const work of open) {
    // Its recording is under way: the lane tells the session.
    if (covered.has(Batch.recordKey(work.row))) ack(work)
    else fresh.push(work)
  }
  const from = deps.keys.gas.address
  const { good, bad } = await Batch.isolate(fresh, async (some) => {
    const rows = some.map(({ row }) => row)
    const data = await Trial.recording(deps, site, rows)
    return (await site.chain.rpc.estimateGas({ from, to: site.contract.address, data })).kind === 'gas'
  })
  return { recordable: good, hopeless: bad }
}

async function report(deps: Deps, { chain, contract }: Trial.Site, { row }: Work): Promise<void> {
  const { receiver, token } = row.config
  const at = deps.now()
  const incident: IncidentEvent = {
    v: 1,
    kind: 'incident',
    id: `receiver_blocked:${chain.chainId}:${contract.address}:${token}:${receiver}:${Math.floor(at / DAY)}`,
    what: 'receiver_blocked',
    detail: { chainId: String(chain.chainId), contract: contract.address, token, receiver },
    at,
  }
  try {
    await deps.publish([incident])
  } catch (error) {
    deps.log('incident_delayed', { id: incident.id, message: error instanceof Error ? error.message : 'unknown' })
  }
}
