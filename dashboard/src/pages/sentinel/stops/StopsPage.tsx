/** Keys that rules have stopped. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { useFilter } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { reasonOf } from '../../../said/Said.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Select } from '../../../ui/Select.tsx'
import { Table } from '../../../ui/Table.tsx'
import { Time } from '../../../ui/Time.tsx'
import { TypedFilter } from '../../../ui/TypedFilter.tsx'
import * as Calls from '../Calls.ts'
import { RuleName, SessionText } from '../Parts.tsx'
import type { Stop } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { scopeName, w as shared } from '../words.ts'
import { w } from './words.ts'

/** Those that hold, where the address says nothing. */
const HOLDING = 'true'

export default function StopsPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const [asked, set] = useFilter(['open', 'kind', 'session'])
  const open = asked.open ?? HOLDING
  const kind = asked.kind ?? ''
  const session = asked.session?.slice(0, 256) ?? ''
  const found = usePages(
    (cursor, signal) => Calls.stops(whose, filterOf(open, kind, session), cursor, signal),
    [whose.provider, mode.value, open, kind, session],
  )
  const isFiltered = kind !== '' || session !== '' || open === 'false'
  return (
    <>
      <PageHead title={shared.stops()} text={whose.provider === undefined ? w.hintOwn() : w.hintProvider()} />
      <div class="filters">
        <Select
          label={w.state()}
          value={open}
          options={[
            { value: 'true', label: w.holding() },
            { value: 'false', label: w.ended() },
            { value: 'all', label: shared.all() },
          ]}
          onChange={(value) => set({ open: value === HOLDING ? undefined : value })}
        />
        <Select
          label={w.kind()}
          value={kind}
          options={[
            { value: '', label: shared.all() },
            { value: 'signature', label: w.signature() },
            { value: 'frozen', label: w.frozen() },
          ]}
          onChange={(value) => set({ kind: value })}
        />
        <TypedFilter label={shared.key()} value={session} onDone={(value) => set({ session: value })} />
        {isFiltered && (
          <Button onClick={() => set({ open: undefined, kind: undefined, session: undefined })}>{w.clear()}</Button>
        )}
      </div>
      {found.error === undefined ? (
        <Table
          caption={shared.stops()}
          columns={columns(whose)}
          rows={found.items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => pathOf(whose, 'stops', id)}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={<Empty title={w.emptyTitle()} text={isFiltered ? w.emptyFiltered() : w.emptyText()} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

function filterOf(open: string, kind: string, session: string): Calls.StopFilter {
  return {
    ...(open === 'true' || open === 'false' ? { open } : {}),
    ...(kind === 'signature' || kind === 'frozen' ? { kind } : {}),
    ...(session === '' ? {} : { session }),
  }
}

export function StopState({ stop }: { stop: Stop }): VNode {
  if (stop.releasedAt !== null) return <Badge tone="good">{w.ended()}</Badge>
  return stop.kind === 'frozen' ? <Badge tone="bad">{w.frozen()}</Badge> : <Badge tone="warn">{w.signature()}</Badge>
}

function columns(whose: Whose) {
  const own = whose.provider === undefined
  return [
    {
      key: 'at',
      head: w.since(),
      cell: ({ at }: Stop) => <Time at={at} />,
    },
    { key: 'state', head: w.state(), cell: (stop: Stop) => <StopState stop={stop} /> },
    { key: 'key', head: shared.key(), cell: ({ session }: Stop) => <SessionText session={session} /> },
    {
      key: 'rule',
      head: shared.rule(),
      cell: ({ rule, scope }: Stop) => <RuleName whose={whose} rule={rule} mine={scope !== 'platform'} />,
    },
    ...(own ? [{ key: 'scope', head: w.whose(), cell: ({ scope }: Stop) => <span>{scopeName(scope)}</span> }] : []),
    {
      key: 'why',
      head: w.why(),
      cell: ({ cause, reason }: Stop) => <span class="words">{reasonOf(reason ?? cause ?? '—')}</span>,
    },
  ]
}
