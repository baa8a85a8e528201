/** The last hundred sets: who published what, and when. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { mode } from '../../../Session.ts'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Table } from '../../../ui/Table.tsx'
import { Time } from '../../../ui/Time.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import type { Revision } from '../Types.ts'
import { pathOf, whoseOf } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { w } from './words.ts'

export default function HistoryPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const found = usePages((cursor, signal) => Calls.revisions(whose, cursor, signal), [whose.provider, mode.value])
  return (
    <>
      <RulesHead whose={whose} section="history" />
      {found.error === undefined ? (
        <Table
          caption={shared.history()}
          columns={columns()}
          rows={found.items}
          keyOf={({ revision }) => String(revision)}
          rowLink={({ revision }) => pathOf(whose, 'history', String(revision))}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={<Empty title={w.noRevisions()} text={w.noRevisionsText()} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

function columns() {
  return [
    {
      key: 'revision',
      head: w.revision(),
      cell: ({ revision }: Revision) => w.revisionOf({ n: String(revision) }),
    },
    { key: 'when', head: w.when(), cell: ({ createdAt }: Revision) => <Time at={createdAt} /> },
    { key: 'author', head: w.author(), cell: ({ author }: Revision) => <span class="mono">{author}</span> },
    { key: 'content', head: w.content(), cell: (row: Revision) => <span>{contentOf(row)}</span> },
  ]
}

function contentOf({ rules, lists, breaker }: Revision): string {
  const parts = [w.ruleCount({ n: rules.length })]
  if (lists.length > 0) parts.push(`${shared.lists()}: ${lists.map(({ name }) => name).join(', ')}`)
  if (breaker) parts.push(w.budget())
  return parts.join(' · ')
}
