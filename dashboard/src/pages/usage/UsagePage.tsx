/** What the keys of a wallet spent over time, and on what. */
import { useMemo } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { formatAmount } from '../../format/Money.ts'
import { formatNumber, formatShare } from '../../format/Number.ts'
import { Link, useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Chart } from '../../ui/Chart.tsx'
import { Code } from '../../ui/Code.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Money } from '../../ui/Money.tsx'
import { PageHead, Section } from '../../ui/PageHead.tsx'
import { shareOf } from '../../ui/Progress.tsx'
import { Select } from '../../ui/Select.tsx'
import { Stat, Stats } from '../../ui/Stat.tsx'
import { Table } from '../../ui/Table.tsx'
import { KeySelect } from '../keys/KeySelect.tsx'
import { isRange, linesOf, RANGES, type Range, type Usage } from './Usage.ts'
import { w } from './words.ts'

const EVERY_MS = 30_000
const BY = ['service', 'key', 'total'] as const
type By = (typeof BY)[number]

export default function UsagePage() {
  const [filter, setFilter] = useFilter(['range', 'by', 'key'])
  const range: Range = isRange(filter.range) ? filter.range : '7d'
  const by = BY.find((each) => each === filter.by) ?? 'service'
  const key = filter.key
  const {
    data: usage,
    error,
    reload,
  } = useLoad((signal) => load(range, by, key, signal), [range, by, key, mode.value], { everyMs: EVERY_MS })
  return (
    <>
      <PageHead title={w.title()} text={w.intro()} />
      <div class="filters">
        <Select
          label={w.range()}
          value={range}
          options={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: w[value]() }))}
          onChange={(value) => setFilter({ range: value })}
        />
        <Select
          label={w.by()}
          value={by}
          options={BY.map((value) => ({ value, label: w[value]() }))}
          onChange={(value) => setFilter({ by: value })}
        />
        <KeySelect label={w.ofKey()} all={w.allKeys()} value={key} onChange={(value) => setFilter({ key: value })} />
      </div>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {usage === undefined && error === undefined && <Loading />}
      {usage !== undefined && <Shown usage={usage} />}
      <p>
        <Link to={key === undefined ? '/receipts' : `/receipts?key=${encodeURIComponent(key)}`}>{w.receipts()}</Link>
      </p>
    </>
  )
}

function load(range: Range, by: By, key: string | undefined, signal: AbortSignal): Promise<Usage> {
  const { ms, step } = RANGES[range]
  const to = Date.now()
  const query = {
    from: new Date(to - ms).toISOString(),
    to: new Date(to).toISOString(),
    ...{ step, by },
    ...(key === undefined ? {} : { key }),
  }
  return data(api.GET('/usage', { params: { query }, signal }))
}

function Shown({ usage }: { usage: Usage }) {
  const { x, lines } = useMemo(() => linesOf(usage), [usage])
  const { spent, payments } = usage.total
  const series = lines.map(({ group, label, values }) => ({ label: nameOf(usage.by, group, label), values }))
  if (payments === 0) {
    return (
      <>
        <Empty title={w.emptyTitle()} text={w.emptyText()} />
        <Code text="npx pbstream price https://api.example/weather" label={w.example()} />
      </>
    )
  }
  return (
    <>
      <Stats>
        <Stat label={w.spent()} value={<Money atomic={spent} />} hint={w.inAll()} />
        <Stat label={w.payments()} value={formatNumber(payments)} />
        <Stat label={w.average()} value={<Money atomic={BigInt(spent) / BigInt(payments)} />} />
      </Stats>
      <Chart title={w.chart()} unit="USDC" x={x} series={series} format={said} />
      {usage.by !== 'total' && <Groups usage={usage} />}
    </>
  )
}

/** What is drawn are atomic units: rounded only because a cursor may stand between two steps. */
const said = (value: number) => formatAmount(BigInt(Math.round(value)))

function nameOf(by: Usage['by'], group: string | null, label: string | null): string {
  if (by === 'total') return w.total()
  if (group === null) return w.rest()
  return label ?? short(group)
}

type Group = Usage['groups'][number]

function Groups({ usage }: { usage: Usage }) {
  const total = BigInt(usage.total.spent)
  return (
    <Section title={w.most()} hint={w.mostHint()}>
      <Table
        caption={w.most()}
        columns={[
          { key: 'name', head: w.name(), cell: (row: Group) => <Named by={usage.by} row={row} /> },
          { key: 'spent', head: w.spent(), align: 'end', cell: (row: Group) => <Money atomic={row.spent} /> },
          {
            key: 'share',
            head: w.share(),
            align: 'end',
            cell: (row: Group) => formatShare(shareOf(BigInt(row.spent), total)),
          },
          { key: 'payments', head: w.payments(), align: 'end', cell: (row: Group) => formatNumber(row.payments) },
        ]}
        rows={usage.groups}
        keyOf={({ group }) => group ?? ''}
        empty={<p>{w.emptyTitle()}</p>}
      />
    </Section>
  )
}

/** A key that is managed here has a page of its own. */
function Named({ by, row: { group, label } }: { by: Usage['by']; row: Group }) {
  const name = label ?? (group === null ? w.rest() : short(group))
  if (by !== 'key' || group === null || !group.startsWith('sk_')) return <>{name}</>
  return <Link to={`/keys/${encodeURIComponent(group)}`}>{name}</Link>
}
