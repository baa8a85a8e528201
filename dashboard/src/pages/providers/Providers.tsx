/** `/providers`: who sells. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { chooseProvider, mode } from '../../Session.ts'
import { go } from '../../Router.ts'
import { Address } from '../../ui/Address.tsx'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { NewProvider } from './NewProvider.tsx'
import { w } from './words.ts'

type Provider = components['schemas']['Provider']

export default function Providers() {
  const [isNew, setNew] = useState(false)
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const page = await data(api.GET('/providers', { params: { query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [mode.value],
  )
  const create = (
    <Button kind="primary" onClick={() => setNew(true)}>
      {w.newProvider()}
    </Button>
  )
  const created = (id: string) => {
    chooseProvider(id)
    go(`/p/${encodeURIComponent(id)}`)
  }
  return (
    <>
      <PageHead title={w.providers()} text={w.providersText()}>
        {create}
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Provider>
          caption={w.providers()}
          columns={columns()}
          rows={items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => `/p/${encodeURIComponent(id)}`}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noProviders()} text={w.noProvidersText()} action={create} />}
        />
      )}
      {isNew ? <NewProvider onClose={() => setNew(false)} onCreated={created} /> : null}
    </>
  )
}

function columns(): Column<Provider>[] {
  return [
    { key: 'name', head: w.name(), cell: ({ name }) => name },
    { key: 'payTo', head: w.payTo(), cell: ({ payTo }) => <Address value={payTo} /> },
    {
      key: 'state',
      head: w.state(),
      cell: ({ enabled, pendingPayout }) => (
        <>
          <Badge tone={enabled ? 'good' : 'warn'}>{enabled ? w.on() : w.off()}</Badge>{' '}
          {pendingPayout === null ? null : <Badge tone="warn">{w.pending()}</Badge>}
        </>
      ),
    },
    { key: 'since', head: w.since(), cell: ({ createdAt }) => <Time at={createdAt} /> },
  ]
}
