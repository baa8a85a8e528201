/** The provider's books: what moved between which accounts in a period, and all of it as files. */
import { useMemo, useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { formatNumber } from '../../format/Number.ts'
import { Link, useFilter } from '../../Router.ts'
import {
  type Column,
  Empty,
  Failed,
  Loading,
  Money,
  Notice,
  PageHead,
  Section,
  Table,
  Time,
  TxLink,
} from '../../ui/index.ts'
import { channelPath, chainOf } from '../sessions/SessionName.ts'
import { short } from '../../format/Address.ts'
import { type Entry, entriesOf, type Movement, type Turnover, turnoverOf } from './Movement.ts'
import { Files } from './Files.tsx'
import { periodOf, presetOf } from './Period.ts'
import { PeriodPicker } from './PeriodPicker.tsx'
import { movements, MOVEMENTS_MAX } from './Read.ts'
import { accountName, kindName, w } from './words.ts'

export default function LedgerPage({ params }: { params: Record<string, string> }) {
  const { provider = '' } = params
  const [filter, setFilter] = useFilter(['from', 'until', 'all'])
  const isUnset = filter.from === undefined && filter.until === undefined && filter.all === undefined
  const days = isUnset ? presetOf('30d', Date.now()) : filter
  const query = { provider, ...periodOf(days) }
  const [read, setRead] = useState(0)
  const found = useLoad((signal) => movements(query, signal, setRead), [JSON.stringify(query)])
  return (
    <>
      <PageHead title={w.title()} text={w.intro()} />
      <PeriodPicker
        value={{ ...(days.from && { from: days.from }), ...(days.until && { until: days.until }) }}
        onChange={({ from, until }) => setFilter({ from, until, all: from || until ? undefined : '1' })}
      />
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      {found.data === undefined && found.error === undefined && <Loading label={w.reading({ n: read })} />}
      {found.data !== undefined && <Books provider={provider} items={found.data.items} whole={found.data.whole} />}
      <Files query={query} />
    </>
  )
}

function Books({ provider, items, whole }: { provider: string; items: Movement[]; whole: boolean }) {
  const turnover = useMemo(() => turnoverOf(items), [items])
  const entries = useMemo(() => entriesOf(items), [items])
  const nothing = <Empty title={w.emptyTitle()} text={w.emptyText()} />
  if (items.length === 0) return nothing
  return (
    <>
      {!whole && <Notice tone="warn">{w.notWhole({ n: MOVEMENTS_MAX })}</Notice>}
      <Section title={w.turnover()}>
        <Table
          caption={w.turnover()}
          columns={TURNOVER()}
          rows={turnover}
          keyOf={({ kind, from, to }) => `${kind} ${from} ${to}`}
          empty={nothing}
        />
      </Section>
      <Section title={w.accounts()} hint={w.accountsHint()}>
        <Table
          caption={w.accounts()}
          columns={ENTRIES()}
          rows={entries}
          keyOf={({ account }) => account}
          empty={nothing}
        />
      </Section>
      <Section title={w.movements()} hint={w.movementsHint()}>
        <Table
          caption={w.movements()}
          columns={columns(provider)}
          rows={items}
          keyOf={({ session, seq }) => `${session} ${seq}`}
          empty={nothing}
        />
      </Section>
    </>
  )
}

const plain = (atomic: bigint) => <Money atomic={atomic} symbol="" />
const byAmount = (a: { amount: bigint }, b: { amount: bigint }) =>
  a.amount < b.amount ? -1 : a.amount > b.amount ? 1 : 0
const Way = ({ from, to }: { from: string; to: string }) => (
  <span>
    {accountName(from)} → {accountName(to)}
  </span>
)

const TURNOVER = (): Column<Turnover>[] => [
  { key: 'kind', head: w.kind(), cell: ({ kind }) => kindName(kind) },
  { key: 'way', head: w.way(), cell: Way },
  { key: 'count', head: w.count(), align: 'end', cell: ({ count }) => formatNumber(count) },
  { key: 'amount', head: w.amount(), align: 'end', cell: ({ amount }) => plain(amount) },
]

const ENTRIES = (): Column<Entry>[] => [
  { key: 'account', head: w.account(), cell: ({ account }) => accountName(account) },
  { key: 'given', head: w.given(), align: 'end', cell: ({ given }) => plain(given) },
  { key: 'received', head: w.received(), align: 'end', cell: ({ received }) => plain(received) },
  { key: 'change', head: w.change(), align: 'end', cell: ({ change }) => plain(change) },
]

function columns(provider: string): Column<Movement>[] {
  return [
    { key: 'at', head: w.time(), cell: ({ at }) => <Time at={at} />, sort: (a, b) => a.at - b.at },
    { key: 'kind', head: w.kind(), cell: ({ kind }) => kindName(kind), sort: (a, b) => a.kind.localeCompare(b.kind) },
    { key: 'way', head: w.way(), cell: Way },
    { key: 'amount', head: w.amount(), align: 'end', cell: ({ amount }) => plain(amount), sort: byAmount },
    {
      key: 'channel',
      head: w.channel(),
      cell: ({ channel }) => <Link to={channelPath(provider, channel)}>{short(channel)}</Link>,
    },
    {
      key: 'transaction',
      head: w.transaction(),
      cell: ({ transaction, session }) =>
        transaction === undefined ? '–' : <TxLink hash={transaction} chainId={chainOf(session)} />,
    },
  ]
}
