/** What Sentinel decided, newest first, with what each rule did by day. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { formatAmount } from '../../../format/Money.ts'
import { formatNumber } from '../../../format/Number.ts'
import { go, useFilter } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Table } from '../../../ui/Table.tsx'
import { Time } from '../../../ui/Time.tsx'
import { HowFar } from '../../ledger/Download.tsx'
import { useFile } from '../../ledger/useFile.ts'
import * as Calls from '../Calls.ts'
import { ActionBadge, EffectBadge, RuleName, SessionText } from '../Parts.tsx'
import type { Decision } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { scopeName, w as shared } from '../words.ts'
import { filterOf, isAsked, NAMES } from './Filter.ts'
import { Filters } from './Filters.tsx'
import { ResultsChart } from './ResultsChart.tsx'
import { w } from './words.ts'

export default function DecisionsPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const [asked, set] = useFilter(NAMES)
  const filter = filterOf(asked)
  const found = usePages(
    (cursor, signal) => Calls.decisions(whose, filter, cursor, signal),
    [whose.provider, mode.value, JSON.stringify(filter)],
  )
  const file = useFile()
  return (
    <>
      <PageHead title={shared.decisions()}>
        <Button onClick={() => file.take('decisions', { ...whose, ...filter }, shared.decisions())}>{w.csv()}</Button>
        <HowFar file={file} />
      </PageHead>
      <p class="hint">{whose.provider === undefined ? w.hintOwn() : w.hintProvider()}</p>
      <ResultsChart whose={whose} />
      <Filters asked={asked} set={set} />
      {found.error === undefined ? (
        <Table
          caption={shared.decisions()}
          columns={columns(whose)}
          rows={found.items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => pathOf(whose, 'decisions', id)}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={<Nothing whose={whose} isFiltered={isAsked(asked)} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

function columns(whose: Whose) {
  const own = whose.provider === undefined
  return [
    { key: 'at', head: shared.time(), cell: ({ at }: Decision) => <Time at={at} /> },
    { key: 'action', head: shared.action(), cell: ({ action }: Decision) => <ActionBadge action={action} /> },
    { key: 'effect', head: w.effect(), cell: ({ effect }: Decision) => <EffectBadge effect={effect} /> },
    {
      key: 'rule',
      head: shared.rule(),
      cell: ({ rule, scope }: Decision) => <RuleName whose={whose} rule={rule} mine={scope !== 'platform'} />,
    },
    ...(own ? [{ key: 'scope', head: w.whose(), cell: ({ scope }: Decision) => <span>{scopeName(scope)}</span> }] : []),
    { key: 'key', head: shared.key(), cell: ({ session }: Decision) => <SessionText session={session} /> },
    { key: 'granted', head: w.outcome(), cell: ({ granted }: Decision) => <span>{outcome(granted)}</span> },
    {
      key: 'amount',
      head: w.amount(),
      align: 'end' as const,
      cell: ({ amount }: Decision) => <span>{amount === null ? '—' : formatAmount(amount)}</span>,
    },
    {
      key: 'repeats',
      head: w.repeats(),
      align: 'end' as const,
      cell: ({ repeats }: Decision) => <span>{formatNumber(repeats)}</span>,
    },
  ]
}

export function outcome(granted: boolean | null): string {
  if (granted === null) return w.noCall()
  return granted ? w.served() : w.refused()
}

function Nothing({ whose, isFiltered }: { whose: Whose; isFiltered: boolean }): VNode {
  if (isFiltered) return <Empty title={w.emptyTitle()} text={w.emptyFiltered()} />
  const action = (
    <Button kind="primary" onClick={() => go(pathOf(whose, 'rules'))}>
      {w.toRules()}
    </Button>
  )
  return <Empty title={w.emptyTitle()} text={w.emptyText()} action={action} />
}
