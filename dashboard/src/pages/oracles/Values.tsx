/** What an oracle said: every value with what was made of it, drawn and listed. */
import { useMemo } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { formatNumber } from '../../format/Number.ts'
import { useFilter } from '../../Router.ts'
import { locale } from '../../text.ts'
import { reasonOf } from '../../said/Said.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Chart } from '../../ui/Chart.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Select } from '../../ui/Select.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { valuePoints } from './ValuePoints.ts'
import { w } from './words.ts'

type Value = components['schemas']['OracleValue']
type Status = Value['status']

const STATUSES: readonly Status[] = ['accepted', 'clamped', 'refused', 'fallback']

/** `count` says that there are new ones. */
export function Values({ id, count }: { id: string; count: number }) {
  const [filter, setFilter] = useFilter(['status'])
  const status = STATUSES.find((each) => each === filter.status)
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = {
        limit: 100,
        ...(cursor === undefined ? {} : { cursor }),
        ...(status === undefined ? {} : { status }),
      }
      const page = await data(api.GET('/oracles/{id}/values', { params: { path: { id }, query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [id, status, count],
  )
  const drawn = useMemo(() => valuePoints(items, { value: w.value(), raw: w.raw() }), [items, locale.value])
  return (
    <>
      <div class="filters">
        <Select<string>
          label={w.outcome()}
          value={status ?? ''}
          options={[{ value: '', label: w.all() }, ...STATUSES.map((each) => ({ value: each, label: nameOf(each) }))]}
          onChange={(value) => setFilter({ status: value })}
        />
      </div>
      {drawn.x.length > 1 ? (
        <Chart title={w.valuesOverTime()} unit="" {...drawn} format={(value) => formatNumber(value, 0)} />
      ) : null}
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Value>
          caption={w.values()}
          columns={columns()}
          rows={items}
          keyOf={({ seq }) => String(seq)}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noValues()} text={w.noValuesText()} />}
        />
      )}
    </>
  )
}

function nameOf(status: Status): string {
  return { accepted: w.accepted(), clamped: w.clamped(), refused: w.refused(), fallback: w.fell() }[status]
}

function columns(): Column<Value>[] {
  const tones = { accepted: 'good', clamped: 'warn', refused: 'bad', fallback: 'bad' } as const
  return [
    { key: 'at', head: w.at(), cell: ({ at }) => <Time at={at} /> },
    {
      key: 'status',
      head: w.outcome(),
      cell: ({ status, error }) => (
        <>
          <Badge tone={tones[status]}>{nameOf(status)}</Badge> {error === null ? null : reasonOf(error)}
        </>
      ),
    },
    { key: 'raw', head: w.raw(), align: 'end', cell: ({ raw }) => raw ?? '–' },
    {
      key: 'value',
      head: w.value(),
      align: 'end',
      cell: ({ value, status }) => value ?? (status === 'refused' ? '–' : w.cardSays()),
    },
    { key: 'source', head: w.from(), cell: ({ source }) => source },
  ]
}
