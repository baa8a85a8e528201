/** `/p/:provider/hosts`: which hosts are shown to be the owner's, and how to show another. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { usePages } from '../../api/Load.ts'
import { mode } from '../../Session.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Form } from '../../ui/Form.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { Time } from '../../ui/Time.tsx'
import { type Host, Proof } from './Proof.tsx'
import { Services } from './Services.tsx'
import { w } from './words.ts'

export default function Hosts({ params: { provider = '' } }: { params: Record<string, string> }) {
  const [isAdding, setAdding] = useState(false)
  const [shown, setShown] = useState<Host>()
  const { items, error, loading, more, loadMore, reload } = usePages(
    async (cursor, signal) => {
      const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const page = await data(api.GET('/upstream-hosts', { params: { query }, signal }))
      return { items: page.data, nextCursor: page.nextCursor }
    },
    [mode.value],
  )
  const add = (
    <Button kind="primary" onClick={() => setAdding(true)}>
      {w.add()}
    </Button>
  )
  const added = (host: Host) => {
    setAdding(false)
    setShown(host)
    reload()
  }
  return (
    <>
      <PageHead title={w.hosts()} text={w.hostsText()}>
        {add}
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {error !== undefined && items.length === 0 ? null : (
        <Table<Host>
          caption={w.hosts()}
          columns={columns(setShown)}
          rows={items}
          keyOf={({ host }) => host}
          onMore={loadMore}
          more={more}
          loading={loading}
          empty={<Empty title={w.noHosts()} text={w.noHostsText()} action={add} />}
        />
      )}
      <Services provider={provider} />
      <AddHost open={isAdding} onClose={() => setAdding(false)} onAdded={added} />
      <Dialog
        wide
        open={shown !== undefined}
        title={w.proof({ host: shown?.host ?? '' })}
        onClose={() => setShown(undefined)}
      >
        {shown === undefined ? null : <Proof key={shown.host} host={shown} onVerified={reload} />}
      </Dialog>
    </>
  )
}

function columns(show: (host: Host) => void): Column<Host>[] {
  return [
    { key: 'host', head: w.host(), cell: ({ host }) => <code>{host}</code> },
    {
      key: 'state',
      head: w.state(),
      cell: ({ verifiedAt }) => (
        <Badge tone={verifiedAt === null ? 'warn' : 'good'}>{verifiedAt === null ? w.waiting() : w.verified()}</Badge>
      ),
    },
    { key: 'named', head: w.named(), cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      key: 'proof',
      head: w.show(),
      cell: (host) => (
        <Button label={w.proof({ host: host.host })} onClick={() => show(host)}>
          {w.show()}
        </Button>
      ),
    },
  ]
}

type AddProps = { open: boolean; onClose: () => void; onAdded: (host: Host) => void }

function AddHost({ open, onClose, onAdded }: AddProps) {
  const [host, setHost] = useState('')
  const submit = async () => {
    // Whoever pastes an address means its host.
    const body = {
      host: host
        .trim()
        .replace(/^https?:\/\//, '')
        .replace(/\/.*$/, ''),
    }
    onAdded(await confirmed((headers) => data(api.POST('/upstream-hosts', { headers, body }))))
    setHost('')
  }
  return (
    <Dialog open={open} title={w.add()} onClose={onClose}>
      <p class="prose">{w.addText()}</p>
      <Form submit={w.add()} onSubmit={submit} beside={<Button onClick={onClose}>{w.cancel()}</Button>}>
        <TextInput
          label={w.host()}
          hint={w.hostHint()}
          name="host"
          required
          mono
          placeholder="api.example.com"
          value={host}
          onChange={setHost}
        />
      </Form>
    </Dialog>
  )
}
