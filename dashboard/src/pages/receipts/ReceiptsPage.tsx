/** What the wallet's keys paid, newest first. */
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { pathOf, useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Money } from '../../ui/Money.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { TimeInput } from '../../ui/TimeInput.tsx'
import { TypedFilter } from '../../ui/TypedFilter.tsx'
import { KeySelect } from '../keys/KeySelect.tsx'
import { Exports } from './Exports.tsx'
import type { Payment } from './Receipt.ts'
import { w } from './words.ts'

const PAGE = 100
const tones = { unsettled: 'plain', claimed: 'info', settled: 'good' } as const

export default function ReceiptsPage() {
  const [filter, setFilter] = useFilter(['key', 'route', 'from', 'to'])
  const { key, route, from, to } = filter
  const pages = usePages<Payment>(
    async (cursor, signal) => {
      const given = Object.entries({ key, route, from, to, cursor }).filter(([, value]) => value !== undefined)
      const query = { limit: PAGE, ...Object.fromEntries(given) }
      const { data: items, nextCursor } = await data(api.GET('/payments', { params: { query }, signal }))
      return { items, nextCursor }
    },
    [key, route, from, to, mode.value],
  )
  const clear = () => setFilter({ key: undefined, route: undefined, from: undefined, to: undefined })
  const filtered = [key, route, from, to].some((value) => value !== undefined)
  return (
    <>
      <PageHead title={w.title()} text={w.intro()} />
      <div class="filters receipts-filters">
        <KeySelect label={w.key()} all={w.allKeys()} value={key} onChange={(value) => setFilter({ key: value })} />
        <TypedFilter label={w.route()} value={route ?? ''} mono onDone={(value) => setFilter({ route: value })} />
        <TimeInput label={w.from()} value={msOf(from)} onChange={(ms) => setFilter({ from: isoOf(ms) })} />
        <TimeInput label={w.to()} value={msOf(to)} onChange={(ms) => setFilter({ to: isoOf(ms) })} />
        {filtered && <Button onClick={clear}>{w.clear()}</Button>}
      </div>
      {pages.error !== undefined && <Failed error={pages.error} retry={pages.reload} />}
      <Table
        caption={w.title()}
        columns={columns()}
        rows={pages.items}
        keyOf={({ id }) => id}
        more={pages.more}
        onMore={pages.loadMore}
        loading={pages.loading}
        rowLink={({ id }) => pathOf('/receipts/:id', { id })}
        empty={pages.error === undefined ? <Nothing filtered={filtered} clear={clear} /> : null}
      />
      <Exports of={key} from={from} to={to} />
    </>
  )
}

/** Times in the address are ISO; what cannot be read is none. */
export function msOf(iso: string | undefined): number | undefined {
  const ms = Date.parse(iso ?? '')
  return Number.isFinite(ms) ? ms : undefined
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

const statusWords = { unsettled: w.unsettled, claimed: w.claimed, settled: w.settled }

function columns() {
  return [
    { key: 'time', head: w.time(), cell: ({ at }: Payment) => <Time at={at} /> },
    { key: 'service', head: w.service(), cell: ({ service }: Payment) => service ?? w.unknown() },
    { key: 'route', head: w.route(), cell: ({ path, route }: Payment) => path ?? route ?? w.unknown() },
    {
      key: 'key',
      head: w.key(),
      cell: ({ keyName, session }: Payment) => keyName ?? short(session.split(':')[3] ?? ''),
    },
    { key: 'price', head: w.price(), align: 'end' as const, cell: ({ price }: Payment) => <Money atomic={price} /> },
    {
      key: 'status',
      head: w.status(),
      cell: ({ status }: Payment) => <Badge tone={tones[status]}>{statusWords[status]()}</Badge>,
    },
  ]
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (filtered) {
    return (
      <Empty
        title={w.emptyFilteredTitle()}
        text={w.emptyFilteredText()}
        action={<Button onClick={clear}>{w.clear()}</Button>}
      />
    )
  }
  return (
    <>
      <Empty title={w.emptyTitle()} text={w.emptyText()} />
      <Code text="npx pbstream curl https://api.example/weather --as research-agent" label={w.example()} />
    </>
  )
}
