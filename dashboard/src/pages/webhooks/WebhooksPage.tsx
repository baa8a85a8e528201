/** Where the owner's servers are told, what was sent, and how to check that it came from us. */
import { useState } from 'preact/hooks'
import { usePages } from '../../api/Load.ts'
import { useFilter } from '../../Router.ts'
import { Badge, Button, Code, type Column, Empty, Failed, PageHead, Table, Tabs, Time } from '../../ui/index.ts'
import { Deliveries } from './Deliveries.tsx'
import { type Endpoint, endpoints } from './Endpoint.ts'
import { EXAMPLE } from './Example.ts'
import { NewEndpoint } from './NewEndpoint.tsx'
import { Secret } from './Secret.tsx'
import { w } from './words.ts'

const TABS = ['endpoints', 'deliveries', 'signature'] as const

export default function WebhooksPage() {
  const [filter, setFilter] = useFilter(['tab'])
  const tab = TABS.find((each) => each === filter.tab) ?? 'endpoints'
  const [making, setMaking] = useState(false)
  const [secret, setSecret] = useState<string | null>()
  const found = usePages<Endpoint>(endpoints, [])
  const made = (shown: string | null) => {
    setMaking(false)
    setSecret(shown)
    found.reload()
  }
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
      <Tabs
        label={w.tabs()}
        tabs={TABS.map((value) => ({ value, label: w[value]() }))}
        value={tab}
        onChange={(to) => setFilter({ tab: to === 'endpoints' ? undefined : to })}
      >
        {tab === 'endpoints' && found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
        {tab === 'endpoints' && (
          <Table
            caption={w.endpoints()}
            columns={columns()}
            rows={found.items}
            keyOf={({ id }) => id}
            rowLink={({ id }) => `/webhooks/${encodeURIComponent(id)}`}
            onMore={found.loadMore}
            more={found.more}
            loading={found.loading}
            empty={
              found.error === undefined ? <Empty title={w.emptyTitle()} text={w.emptyText()} action={create} /> : null
            }
          />
        )}
        {tab === 'deliveries' && <Deliveries endpoints={found.items} />}
        {tab === 'signature' && <Signature />}
      </Tabs>
      <NewEndpoint open={making} onClose={() => setMaking(false)} onMade={made} />
      {secret !== undefined && <Secret secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  )
}

function columns(): Column<Endpoint>[] {
  return [
    { key: 'url', head: w.url(), cell: ({ url }) => <span class="mono">{url}</span> },
    { key: 'state', head: w.state(), cell: (row) => <State row={row} /> },
    { key: 'events', head: w.events(), cell: ({ events }) => eventsText(events) },
    { key: 'created', head: w.created(), cell: ({ createdAt }) => <Time at={createdAt} ago /> },
  ]
}

function eventsText(events: readonly string[]): string {
  return events.includes('*')
    ? w.everything()
    : events.length === 1
      ? (events[0] ?? '')
      : w.someEvents({ n: events.length })
}

function State({ row: { enabled, failingSince } }: { row: Endpoint }) {
  return (
    <>
      <Badge tone={!enabled ? 'plain' : failingSince === null ? 'good' : 'bad'}>{enabled ? w.on() : w.off()}</Badge>
      {failingSince !== null && (
        <span class="hint">
          {' '}
          {w.failing()} <Time at={failingSince} ago />
        </span>
      )}
    </>
  )
}

function Signature() {
  return (
    <>
      <p class="prose">{w.signatureText()}</p>
      <p class="prose">{w.signatureTwice()}</p>
      <Code text={EXAMPLE} label={w.example()} />
    </>
  )
}
