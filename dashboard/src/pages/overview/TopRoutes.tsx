/** The routes that earned most. */
import type { components } from '../../api/Schema.d.ts'
import { formatNumber } from '../../format/Number.ts'
import { Empty } from '../../ui/Empty.tsx'
import { Money } from '../../ui/Money.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { w } from './words.ts'

type TopRoute = components['schemas']['ProviderSummary']['topRoutes'][number]

export function TopRoutes({ provider, routes, total }: { provider: string; routes: TopRoute[]; total: string }) {
  const columns: Column<TopRoute>[] = [
    { key: 'path', head: w.route(), cell: ({ path, routeId }) => <code>{path ?? routeId}</code> },
    {
      key: 'revenue',
      head: w.revenue(),
      align: 'end',
      cell: ({ revenue }) => <Money atomic={revenue} />,
    },
    { key: 'requests', head: w.paid(), align: 'end', cell: ({ requests }) => formatNumber(requests) },
    { key: 'challenges', head: '402', align: 'end', cell: ({ challenges }) => formatNumber(challenges) },
    {
      key: 'share',
      head: w.share(),
      cell: ({ revenue }) => <Progress value={BigInt(revenue)} max={BigInt(total)} label={w.share()} />,
    },
  ]
  return (
    <Table<TopRoute>
      caption={w.topRoutes()}
      columns={columns}
      rows={routes}
      keyOf={({ routeId }) => routeId}
      rowLink={({ routeId }) => `/p/${encodeURIComponent(provider)}/routes/${encodeURIComponent(routeId)}`}
      empty={<Empty title={w.nothingSold()} text={w.nothingSoldText()} />}
    />
  )
}
