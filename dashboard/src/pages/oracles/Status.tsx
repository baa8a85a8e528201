/** Whether an oracle speaks. */
import { Badge } from '../../ui/Badge.tsx'
import type { Oracle } from './OracleDraft.ts'
import { w } from './words.ts'

export function Status({ oracle: { status, failingSince } }: { oracle: Oracle }) {
  const names = { waiting: w.waiting(), fresh: w.fresh(), stale: w.isStale(), off: w.off() }
  const tones = { waiting: 'info', fresh: 'good', stale: 'bad', off: 'plain' } as const
  return (
    <>
      <Badge tone={tones[status]}>{names[status]}</Badge>{' '}
      {failingSince === null || status === 'off' ? null : <Badge tone="warn">{w.failing()}</Badge>}
    </>
  )
}
