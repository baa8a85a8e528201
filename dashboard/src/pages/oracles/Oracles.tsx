/** `/p/:provider/oracles`: where signals for prices come from, and whether they do. */
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { go } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Button } from '../../ui/Button.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import type { Kind, Oracle } from './OracleDraft.ts'
import { Status } from './Status.tsx'
import { w } from './words.ts'

export default function Oracles({ params: { provider = '' } }: { params: Record<string, string> }) {
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = { provider, limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const page = await data(api.GET('/oracles', { params: { query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [provider, mode.value],
  )
  const create = (
    <Button kind="primary" onClick={() => go(`${base(provider)}/new`)}>
      {w.newOracle()}
    </Button>
  )
  return (
    <>
      <PageHead title={w.oracles()} text={w.oraclesText()}>
        {create}
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Oracle>
          caption={w.oracles()}
          columns={columns()}
          rows={items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => `${base(provider)}/${encodeURIComponent(id)}`}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noOracles()} text={w.noOraclesText()} action={create} />}
        />
      )}
    </>
  )
}

export function base(provider: string): string {
  return `/p/${encodeURIComponent(provider)}/oracles`
}

export function kindName(kind: Kind): string {
  return { push: w.push(), url: w.url(), chain: w.chain() }[kind]
}

function columns(): Column<Oracle>[] {
  return [
    { key: 'name', head: w.name(), cell: ({ name }) => name },
    { key: 'kind', head: w.kind(), cell: ({ source }) => kindName(source.kind) },
    { key: 'status', head: w.state(), cell: (oracle) => <Status oracle={oracle} /> },
    { key: 'inForce', head: w.inForce(), align: 'end', cell: ({ inForce }) => inForce ?? w.cardSays() },
    { key: 'valueAt', head: w.lastValue(), cell: ({ valueAt }) => <Time at={valueAt} ago /> },
    { key: 'values', head: w.values(), align: 'end', cell: ({ values }) => String(values) },
  ]
}
