/** `/p/:provider/customers`: payers with terms of their own. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { mode } from '../../Session.ts'
import { Address } from '../../ui/Address.tsx'
import { Button } from '../../ui/Button.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { TermsDialog } from './TermsDialog.tsx'
import { w } from './words.ts'

export type Customer = components['schemas']['Customer']

export default function Customers({ params: { provider = '' } }: { params: Record<string, string> }) {
  const [edited, setEdited] = useState<Customer | 'new'>()
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const path = { id: provider }
      const page = await data(api.GET('/providers/{id}/customers', { params: { path, query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [provider, mode.value],
  )
  const add = (
    <Button kind="primary" onClick={() => setEdited('new')}>
      {w.add()}
    </Button>
  )
  return (
    <>
      <PageHead title={w.customers()} text={w.customersText()}>
        {add}
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Customer>
          caption={w.customers()}
          columns={columns(setEdited)}
          rows={items}
          keyOf={({ payer }) => payer}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noCustomers()} text={w.noCustomersText()} action={add} />}
        />
      )}
      {edited === undefined ? null : (
        <TermsDialog
          provider={provider}
          customer={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onSaved={() => {
            setEdited(undefined)
            reload()
          }}
        />
      )}
    </>
  )
}

function columns(edit: (customer: Customer) => void): Column<Customer>[] {
  return [
    { key: 'payer', head: w.payer(), cell: ({ payer }) => <Address value={payer} /> },
    { key: 'level', head: w.level(), cell: ({ level }) => level ?? w.none() },
    {
      key: 'multiplier',
      head: w.multiplier(),
      align: 'end',
      cell: ({ multiplier }) => (multiplier === null ? w.none() : `× ${multiplier}`),
    },
    { key: 'since', head: w.since(), cell: ({ updatedAt }) => <Time at={updatedAt} ago /> },
    {
      key: 'edit',
      head: w.edit(),
      cell: (customer) => (
        <Button label={w.editOf({ payer: customer.payer })} onClick={() => edit(customer)}>
          {w.edit()}
        </Button>
      ),
    },
  ]
}
