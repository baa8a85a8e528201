/** `/p/:provider/routes`: what is sold. */
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { go } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import type { Route } from './RouteDraft.ts'
import { w } from './words.ts'

export default function Routes({ params: { provider = '' } }: { params: Record<string, string> }) {
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = { provider, limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const page = await data(api.GET('/routes', { params: { query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [provider, mode.value],
  )
  const create = (
    <Button kind="primary" onClick={() => go(`${base(provider)}/new`)}>
      {w.newRoute()}
    </Button>
  )
  return (
    <>
      <PageHead title={w.routes()} text={w.routesText()}>
        {create}
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Route>
          caption={w.routes()}
          columns={columns()}
          rows={items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => `${base(provider)}/${encodeURIComponent(id)}`}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noRoutes()} text={w.noRoutesText()} action={create} />}
        />
      )}
    </>
  )
}

export function base(provider: string): string {
  return `/p/${encodeURIComponent(provider)}/routes`
}

function columns(): Column<Route>[] {
  return [
    { key: 'path', head: w.path(), cell: ({ path }) => <code>{path}</code> },
    { key: 'methods', head: w.methods(), cell: ({ methods }) => (methods.includes('*') ? w.all() : methods.join(' ')) },
    {
      key: 'origin',
      head: w.upstream(),
      cell: ({ origin }) =>
        origin.kind === 'url' ? (
          <code>{origin.url}</code>
        ) : origin.kind === 'service' ? (
          <code>{origin.binding}</code>
        ) : (
          w.originZone()
        ),
    },
    { key: 'rate', head: w.price(), cell: (route) => <Price route={route} /> },
    { key: 'chains', head: w.chains(), cell: ({ chainIds }) => chainIds.map(chainName).join(', ') || '–' },
    {
      key: 'state',
      head: w.state(),
      cell: ({ enabled }) => <Badge tone={enabled ? 'good' : 'warn'}>{enabled ? w.on() : w.off()}</Badge>,
    },
    { key: 'updated', head: w.updated(), cell: ({ updatedAt }) => <Time at={updatedAt} ago /> },
  ]
}

function Price({ route: { rateVersion, comingVersions } }: { route: Route }) {
  const coming =
    comingVersions.length === 0 ? null : <Badge tone="info">{w.comingCards({ n: comingVersions.length })}</Badge>
  return (
    <>
      {rateVersion === null ? <Badge tone="warn">{w.isFree()}</Badge> : w.cardVersion({ version: String(rateVersion) })}{' '}
      {coming}
    </>
  )
}
