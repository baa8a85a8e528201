/** The last messages of a channel and what became of them. What the other side answered is shown as text. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { formatNumber } from '../../../format/Number.ts'
import { mode } from '../../../Session.ts'
import { reasonOf } from '../../../said/Said.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Table } from '../../../ui/Table.tsx'
import { Countdown, Time } from '../../../ui/Time.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { SeverityBadge } from '../Parts.tsx'
import type { Delivery } from '../Types.ts'
import { w as shared } from '../words.ts'
import { w } from './words.ts'

const TONES = { pending: 'info', sent: 'good', failed: 'warn', dead: 'bad' } as const

/** `tests`: rises with each test, whose message is then among them. */
export function Deliveries({ id, tests }: { id: string; tests: number }): VNode {
  const found = usePages((cursor, signal) => Calls.deliveries(id, cursor, signal), [id, mode.value, tests])
  const resend = async (delivery: Delivery) => {
    await Calls.resendDelivery(id, delivery.id)
    toast(w.resent())
    found.reload()
  }
  if (found.error !== undefined) return <Failed error={found.error} retry={found.reload} />
  return (
    <Table
      caption={w.deliveries()}
      columns={columns(resend)}
      rows={found.items}
      keyOf={(row) => String(row.id)}
      onMore={found.loadMore}
      more={found.more}
      loading={found.loading}
      empty={<p class="hint">{w.noDeliveries()}</p>}
    />
  )
}

function columns(resend: (delivery: Delivery) => Promise<void>) {
  return [
    { key: 'at', head: shared.time(), cell: ({ createdAt }: Delivery) => <Time at={createdAt} /> },
    {
      key: 'title',
      head: w.title(),
      cell: ({ title, isTest }: Delivery) => (
        <span>
          {title} {isTest ? <Badge tone="info">{w.test()}</Badge> : ''}
        </span>
      ),
    },
    {
      key: 'severity',
      head: shared.severity(),
      cell: ({ severity }: Delivery) => <SeverityBadge severity={severity} />,
    },
    {
      key: 'count',
      head: w.count(),
      align: 'end' as const,
      cell: ({ count }: Delivery) => <span>{formatNumber(count)}</span>,
    },
    {
      key: 'status',
      head: w.status(),
      cell: ({ status }: Delivery) => <Badge tone={TONES[status]}>{w[status]()}</Badge>,
    },
    { key: 'tries', head: w.triesSoFar(), align: 'end' as const, cell: ({ tries }: Delivery) => <span>{tries}</span> },
    {
      key: 'next',
      head: w.next(),
      cell: ({ nextAt }: Delivery) => (nextAt === null ? <span>—</span> : <Countdown until={nextAt} />),
    },
    {
      key: 'resend',
      head: shared.action(),
      cell: (delivery: Delivery) =>
        delivery.status === 'dead' ? <Button onClick={() => resend(delivery)}>{w.resend()}</Button> : <span />,
    },
    {
      key: 'error',
      head: w.error(),
      cell: ({ error, code }: Delivery) => (
        <span class="sentinel-why">
          {[code, error === null ? null : reasonOf(error)].filter((part) => part !== null).join(' ') || '—'}
        </span>
      ),
    },
  ]
}
