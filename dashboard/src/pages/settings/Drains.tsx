/** Closings of old channels, with how far they are. */
import { useLoad } from '../../api/Load.ts'
import { toMs } from '../../format/Time.ts'
import { Address, Badge, type Column, Empty, Failed, Progress, Section, Table, Time } from '../../ui/index.ts'
import { walk } from '../sessions/Calls.ts'
import { type Drain, drains } from './Provider.ts'
import { w } from './providerWords.ts'

const EVERY_MS = 15_000
/** A withdraw delay changes once a day at most: nobody has so many. */
const MOST = 1_000

export function Drains({ provider }: { provider: string }) {
  const found = useLoad(
    async (signal) => {
      const { items } = await walk((cursor) => drains(provider, cursor, signal), MOST)
      return items.toSorted((a, b) => toMs(b.requestedAt) - toMs(a.requestedAt))
    },
    [provider],
    { everyMs: EVERY_MS },
  )
  return (
    <Section title={w.drains()} hint={w.drainsHint()}>
      {found.error === undefined ? (
        <Table
          caption={w.drains()}
          columns={columns()}
          rows={found.data ?? []}
          keyOf={({ id }) => id}
          loading={found.loading && found.data === undefined}
          empty={<Empty title={w.noDrains()} text={w.noDrainsText()} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </Section>
  )
}

function columns(): Column<Drain>[] {
  return [
    {
      key: 'reason',
      head: w.reason(),
      cell: ({ reason }) => (reason === 'payout' ? w.payoutReason() : w.delayReason()),
    },
    { key: 'receiver', head: w.receiver(), cell: ({ receiver }) => <Address value={receiver} /> },
    { key: 'began', head: w.began(), cell: ({ requestedAt }) => <Time at={requestedAt} /> },
    { key: 'progress', head: w.progress(), cell: (row) => <How row={row} /> },
    { key: 'finished', head: w.finished(), cell: ({ finishedAt }) => <Time at={finishedAt} /> },
  ]
}

function How({ row: { open, closed, finishedAt } }: { row: Drain }) {
  if (finishedAt !== null) return <Badge tone="good">{w.finished()}</Badge>
  // Before its first round nothing has been counted.
  if (open + closed === 0) return <Badge tone="info">{w.going()}</Badge>
  const text = w.closed({ n: closed, all: open + closed })
  return <Progress value={closed} max={open + closed} label={w.progress()} text={text} />
}
