/** The owner's API keys: make, see when they were used, revoke. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { Link, useFilter } from '../../Router.ts'
import {
  Badge,
  Button,
  Checkbox,
  Code,
  type Column,
  confirmDialog,
  Empty,
  Failed,
  PageHead,
  Table,
  Time,
  toast,
} from '../../ui/index.ts'
import { type ApiKey, stateOf } from './ApiKey.ts'
import { NewKey } from './NewKey.tsx'
import { w } from './words.ts'

export default function ApiKeysPage() {
  const [filter, setFilter] = useFilter(['show'])
  const [making, setMaking] = useState(false)
  const all = filter.show === 'all'
  const found = usePages<ApiKey>(async (cursor, signal) => {
    const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const { data: items, nextCursor } = await data(api.GET('/api-keys', { params: { query }, signal }))
    return { items, nextCursor }
  }, [])
  const rows = all ? found.items : found.items.filter((key) => stateOf(key, Date.now()) === 'active')
  const create = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      {w.create()}
    </Button>
  )
  return (
    <>
      <PageHead title={w.title()} text={w.intro()}>
        {create}
      </PageHead>
      <p class="hint">
        {w.notPaying()} <Link to="/keys">{w.toKeys()}</Link>
      </p>
      {found.items.length > 0 && (
        <Checkbox label={w.showAll()} value={all} onChange={(on) => setFilter({ show: on ? 'all' : undefined })} />
      )}
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      <Table
        caption={w.title()}
        columns={columns(found.reload)}
        rows={rows}
        keyOf={({ id }) => id}
        onMore={found.loadMore}
        more={found.more}
        loading={found.loading}
        empty={found.error === undefined ? <Nothing hidden={found.items.length > 0} action={create} /> : null}
      />
      <NewKey open={making} onClose={() => setMaking(false)} onMade={found.reload} />
    </>
  )
}

function Nothing({ hidden, action }: { hidden: boolean; action: ComponentChildren }) {
  if (hidden) return <Empty title={w.emptyActive()} text={w.emptyActiveText()} action={action} />
  return (
    <>
      <Empty title={w.emptyTitle()} text={w.emptyText()} action={action} />
      <Code
        label={w.example()}
        text={`curl -sS ${globalThis.location.origin}/v1/me -H "Authorization: Bearer $PB_API_KEY"`}
      />
    </>
  )
}

const TONES = { active: 'good', expired: 'plain', revoked: 'plain' } as const

function columns(reload: () => void): Column<ApiKey>[] {
  return [
    { key: 'name', head: w.name(), cell: ({ name, prefix }) => <Named name={name} prefix={prefix} /> },
    { key: 'state', head: w.state(), cell: (key) => <State row={key} /> },
    { key: 'scopes', head: w.scopes(), cell: ({ scopes }) => <Scopes scopes={scopes} /> },
    {
      key: 'used',
      head: w.used(),
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? w.never() : <Time at={lastUsedAt} ago />),
    },
    { key: 'ends', head: w.ends(), cell: ({ expiresAt }) => (expiresAt === null ? w.open() : <Time at={expiresAt} />) },
    { key: 'created', head: w.created(), cell: ({ createdAt }) => <Time at={createdAt} ago /> },
    { key: 'action', head: w.action(), cell: (key) => <Revoke row={key} after={reload} /> },
  ]
}

/** The name, and how the secret begins. */
function Named({ name, prefix }: Pick<ApiKey, 'name' | 'prefix'>) {
  return (
    <span class="two-lines">
      <span>{name}</span>
      <code class="hint">{prefix}…</code>
    </span>
  )
}

function State({ row }: { row: ApiKey }) {
  const state = stateOf(row, Date.now())
  return <Badge tone={TONES[state]}>{w[state]()}</Badge>
}

function Scopes({ scopes }: { scopes: string[] }) {
  return (
    <span class="words">
      {scopes.map((scope) => (
        <code key={scope} class="chip">
          {scope}
        </code>
      ))}
    </span>
  )
}

function Revoke({ row: { id, name, prefix, revokedAt }, after }: { row: ApiKey; after: () => void }) {
  if (revokedAt !== null) return <Time at={revokedAt} ago />
  const revoke = async () => {
    const question = { title: w.revokeTitle(), text: w.revokeText({ name, prefix }), confirm: w.revoke(), danger: true }
    if (!(await confirmDialog(question))) return
    await data(api.DELETE('/api-keys/{id}', { params: { path: { id } } }))
    toast(w.revokedToast({ name }), { kind: 'good' })
    after()
  }
  return (
    <Button kind="danger" onClick={revoke} label={w.revokeNamed({ name })}>
      {w.revoke()}
    </Button>
  )
}
