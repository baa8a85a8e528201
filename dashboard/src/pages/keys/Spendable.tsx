/** What a key of the list may spend right now. The list does not say: each row that is seen asks for its own. */
import { useLoad } from '../../api/Load.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Money } from '../../ui/Money.tsx'
import { Progress } from '../../ui/Progress.tsx'
import * as Acts from './Acts.ts'
import { isHeld, type Key, spendable, statusText } from './Key.ts'
import { turns } from './Turns.ts'
import { w } from './words.ts'

const EVERY_MS = 30_000
const turn = turns(4)

export function Spendable({ row }: { row: Key }) {
  const { id, version, status } = row
  if (status !== 'active') return <span class="hint">{w.stoppedNothing({ status: statusText(status) })}</span>
  return <Asked key={`${id} ${version}`} row={row} />
}

function Asked({ row: { id, spendCap } }: { row: Key }) {
  const { data, error } = useLoad((signal) => turn(() => Acts.detail(id, signal)), [id], { everyMs: EVERY_MS })
  if (data === undefined) return <span class="hint">{error === undefined ? '…' : w.unknown()}</span>
  const key = data.data
  const amount = spendable(key)
  if (amount === undefined || key.usage === null) return <span class="hint">{w.unknown()}</span>
  if (isHeld(key)) return <Badge tone="warn">{w.held()}</Badge>
  const cap = BigInt(spendCap)
  const left = BigInt(key.usage.left)
  return (
    <span class="keys-left">
      <Money atomic={amount} />
      <Progress value={cap - left} max={cap} label={w.ofTotalLabel()} />
    </span>
  )
}
