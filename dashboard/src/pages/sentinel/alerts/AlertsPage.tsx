/** Where people are told of what Sentinel sees. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { go } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Table } from '../../../ui/Table.tsx'
import * as Calls from '../Calls.ts'
import type { Channel } from '../Types.ts'
import { pathOf, whoseOf } from '../Whose.ts'
import { severityName, w as shared } from '../words.ts'
import { w } from './words.ts'

export default function AlertsPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const found = usePages((cursor, signal) => Calls.channels(whose, cursor, signal), [whose.provider, mode.value])
  const make = (
    <Button kind="primary" onClick={() => go(pathOf(whose, 'alerts', 'new'))}>
      {w.newChannel()}
    </Button>
  )
  return (
    <>
      <PageHead title={shared.alerts()} text={w.hint()}>
        {make}
      </PageHead>
      {found.error === undefined ? (
        <Table
          caption={shared.alerts()}
          columns={columns()}
          rows={found.items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => pathOf(whose, 'alerts', 'channels', id)}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={<Empty title={w.emptyTitle()} text={w.emptyText()} action={make} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

export function ChannelState({ channel: { enabled, confirmed } }: { channel: Channel }): VNode {
  if (!confirmed) return <Badge tone="warn">{w.unconfirmed()}</Badge>
  return <Badge tone={enabled ? 'good' : 'plain'}>{enabled ? w.on() : w.off()}</Badge>
}

export function whereOf({ target }: Channel): string {
  if (target.kind === 'telegram') return target.chat
  return target.kind === 'email' ? target.to : target.url
}

function columns() {
  return [
    {
      key: 'name',
      head: w.name(),
      cell: ({ name }: Channel) => name,
    },
    { key: 'kind', head: w.kind(), cell: ({ kind }: Channel) => <span>{w[kind]()}</span> },
    { key: 'where', head: w.target(), cell: (channel: Channel) => <span class="mono">{whereOf(channel)}</span> },
    { key: 'from', head: w.from(), cell: ({ from }: Channel) => <span>{severityName(from)}</span> },
    { key: 'state', head: w.state(), cell: (channel: Channel) => <ChannelState channel={channel} /> },
  ]
}
