/** The session keys of the wallet: what each may still spend, and a way to stop it at once. */
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { go, Link, pathOf, useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Select } from '../../ui/Select.tsx'
import { Table } from '../../ui/Table.tsx'
import { createExample } from './Examples.ts'
import { FreezeButton } from './Freeze.tsx'
import { isStatus, type Key, STATUSES, statusText, toneOf } from './Key.ts'
import { limitsOf, sentence } from './Sentence.ts'
import { Spendable } from './Spendable.tsx'
import { w } from './words.ts'

const PAGE = 50

export default function ListPage() {
  const [filter, setFilter] = useFilter(['status'])
  const status = isStatus(filter.status) ? filter.status : undefined
  const pages = usePages<Key>(
    async (cursor, signal) => {
      const query = {
        limit: PAGE,
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { cursor }),
      }
      const { data: items, nextCursor } = await data(api.GET('/session-keys', { params: { query }, signal }))
      return { items, nextCursor }
    },
    [status, mode.value],
  )
  const options = [
    { value: '', label: w.all() },
    ...STATUSES.map((each) => ({ value: each as string, label: statusText(each) })),
  ]
  return (
    <>
      <PageHead title={w.title()} text={w.intro()}>
        <Button kind="primary" onClick={() => go('/keys/new')}>
          {w.create()}
        </Button>
      </PageHead>
      <div class="filters">
        <Select
          label={w.status()}
          value={status ?? ''}
          options={options}
          onChange={(value) => setFilter({ status: value === '' ? undefined : value })}
        />
      </div>
      {pages.error !== undefined && <Failed error={pages.error} retry={pages.reload} />}
      <Table
        caption={w.title()}
        columns={columns(pages.reload)}
        rows={pages.items}
        keyOf={({ id }) => id}
        more={pages.more}
        onMore={pages.loadMore}
        loading={pages.loading}
        empty={
          pages.error === undefined ? (
            <Nothing filtered={status !== undefined} seeAll={() => setFilter({ status: undefined })} />
          ) : null
        }
      />
    </>
  )
}

function columns(changed: () => void) {
  return [
    { key: 'name', head: w.name(), cell: (row: Key) => <Named row={row} /> },
    {
      key: 'status',
      head: w.status(),
      cell: ({ status }: Key) => <Badge tone={toneOf(status)}>{statusText(status)}</Badge>,
    },
    { key: 'left', head: w.mayStillSpend(), cell: (row: Key) => <Spendable row={row} /> },
    { key: 'expiry', head: w.expires(), cell: (row: Key) => <Countdown until={row.expiry * 1_000} /> },
    { key: 'acts', head: w.actions(), cell: (row: Key) => <RowActs row={row} changed={changed} /> },
    {
      key: 'limits',
      head: w.limits(),
      cell: (row: Key) => <span class="words">{sentence(limitsOf(row), row.start)}</span>,
    },
  ]
}

function Named({ row: { id, name, chainId } }: { row: Key }) {
  return (
    <span class="keys-name">
      <Link to={pathOf('/keys/:id', { id })}>{name}</Link>
      <span class="hint">{chainName(chainId)}</span>
    </span>
  )
}

function RowActs({ row, changed }: { row: Key; changed: () => void }) {
  if (row.status === 'draft') return <Link to={pathOf('/keys/:id', { id: row.id })}>{w.sign()}</Link>
  return <FreezeButton row={row} changed={changed} />
}

function Nothing({ filtered, seeAll }: { filtered: boolean; seeAll: () => void }) {
  if (filtered) {
    return (
      <Empty
        title={w.emptyFiltered()}
        text={w.emptyFilteredText()}
        action={<Button onClick={seeAll}>{w.seeAll()}</Button>}
      />
    )
  }
  return (
    <>
      <Empty
        title={w.emptyTitle()}
        text={w.emptyText()}
        action={
          <Button kind="primary" onClick={() => go('/keys/new')}>
            {w.create()}
          </Button>
        }
      />
      <Code text={createExample()} label={w.example()} />
    </>
  )
}
