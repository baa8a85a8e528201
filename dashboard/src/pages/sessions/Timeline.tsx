/** What happened on a channel, newest first. */
import type { LoadedPages } from '../../api/Load.ts'
import { Link } from '../../Router.ts'
import { Badge, type Column, Empty, Failed, Money, Table, Time, TxLink } from '../../ui/index.ts'
import { pathOf } from '../sentinel/Whose.ts'
import type { ChannelDetail, TimelineEntry } from './Calls.ts'
import { incidentName } from '../settings/providerWords.ts'
import { entryName, w } from './words.ts'

export function Timeline({
  provider,
  channel,
  entries,
}: {
  provider: string
  channel: ChannelDetail | undefined
  entries: LoadedPages<TimelineEntry>
}) {
  if (entries.error !== undefined) return <Failed error={entries.error} retry={entries.reload} />
  return (
    <Table
      caption={w.timeline()}
      columns={columns(provider, channel?.chainId ?? 0)}
      rows={withOpening(entries.items, entries.more, channel)}
      keyOf={({ id }) => id}
      onMore={entries.loadMore}
      more={entries.more}
      loading={entries.loading}
      empty={<Empty title={w.noTimeline()} text={w.noTimelineText()} />}
    />
  )
}

type Shown = Omit<TimelineEntry, 'kind'> & { kind: TimelineEntry['kind'] | 'opened' }

/** The opening stands at the end, once the end is there: the list of the API begins with the first deposit. */
export function withOpening(
  items: readonly TimelineEntry[],
  more: boolean,
  channel: Pick<ChannelDetail, 'openedAt'> | undefined,
): readonly Shown[] {
  const at = channel?.openedAt ?? null
  if (more || at === null || items.length === 0) return items
  return [...items, { id: 'opened', at, kind: 'opened', amount: null, count: null, transaction: null, detail: {} }]
}

const TONES: { readonly [kind: string]: 'good' | 'bad' | 'warn' | 'info' } = {
  settle: 'good',
  loss: 'bad',
  stop: 'warn',
  incident: 'bad',
  deposit: 'info',
}

function columns(provider: string, chainId: number): Column<Shown>[] {
  return [
    { key: 'at', head: w.time(), cell: ({ at }) => <Time at={at} /> },
    { key: 'kind', head: w.what(), cell: ({ kind }) => <Badge tone={TONES[kind] ?? 'plain'}>{entryName(kind)}</Badge> },
    {
      key: 'amount',
      head: w.amount(),
      align: 'end',
      cell: ({ amount }) => (amount === null ? '–' : <Money atomic={amount} symbol="" />),
    },
    { key: 'detail', head: w.detail(), cell: (row) => <Detail provider={provider} chainId={chainId} row={row} /> },
  ]
}

function Detail({ provider, chainId, row }: { provider: string; chainId: number; row: Shown }) {
  const { kind, count, transaction, detail } = row
  const { stop, rule = '', reason, what } = detail
  if (stop !== undefined) {
    return (
      <>
        <span>
          {w.rule({ rule })}
          {reason === undefined ? '' : `: ${reason}`}
        </span>{' '}
        <Link to={pathOf({ provider }, 'stops', stop)}>{w.stop()}</Link>
      </>
    )
  }
  if (transaction !== null) return <TxLink hash={transaction} chainId={chainId} />
  if (kind === 'incident' && what !== undefined) return <span>{incidentName(what)}</span>
  return <span>{count === null ? '' : w.charges({ n: count })}</span>
}
