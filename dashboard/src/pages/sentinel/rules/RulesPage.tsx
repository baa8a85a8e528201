/** The rules of a scope in the order in which they are asked: those in force, with the draft on top. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { go } from '../../../Router.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Table } from '../../../ui/Table.tsx'
import { toast } from '../../../ui/Toast.tsx'
import { RulesHead } from '../Head.tsx'
import { ActionBadge, SeverityBadge } from '../Parts.tsx'
import { type NewRule, type Rule, type State, STATES } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { stateName, w as shared } from '../words.ts'
import { CheckButton } from './CheckButton.tsx'
import { DraftBar } from './DraftBar.tsx'
import { inOrder, isSame, withoutRule, withoutVersion, withRule } from './Draft.ts'
import { Templates } from './Templates.tsx'
import type { Editing } from './useDraft.ts'
import { useDraft } from './useDraft.ts'
import { w } from './words.ts'

export default function RulesPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { editing, error, reload } = useDraft(whose)
  const [isChoosing, setChoosing] = useState(false)
  const begin = (
    <>
      <Button kind="primary" onClick={() => setChoosing(true)}>
        {w.fromTemplate()}
      </Button>
      <Button onClick={() => go(pathOf(whose, 'rules', 'new'))}>{w.fromNothing()}</Button>
    </>
  )
  return (
    <>
      <RulesHead whose={whose} section="rules">
        {begin}
      </RulesHead>
      <p class="hint">{whose.provider === undefined ? w.hintOwn() : w.hintProvider()}</p>
      {error !== undefined && editing === undefined && <Failed error={error} retry={reload} />}
      {editing === undefined && error === undefined && <Loading />}
      {editing !== undefined && (
        <>
          <DraftBar whose={whose} editing={editing} reload={reload} />
          {editing.conflict === undefined && <InOrder whose={whose} editing={editing} begin={begin} />}
          {isChoosing && <Templates editing={editing} onClose={() => setChoosing(false)} />}
        </>
      )}
    </>
  )
}

function InOrder({ whose, editing, begin }: { whose: Whose; editing: Editing; begin: VNode }): VNode {
  const { rules } = editing.draft
  return (
    <>
      <Table
        caption={shared.rules()}
        columns={columns(editing)}
        rows={inOrder(rules)}
        keyOf={({ id }) => id}
        rowLink={({ id }) => pathOf(whose, 'rules', 'edit', id)}
        empty={<Empty title={w.emptyTitle()} text={w.emptyText()} action={begin} />}
      />
      {rules.length > 0 && <p class="hint">{w.orderHint()}</p>}
      {rules.length > 0 && <CheckButton whose={whose} draft={editing.draft} />}
    </>
  )
}

function columns(editing: Editing) {
  const live = new Map(editing.set.rules.map((rule) => [rule.id, rule]))
  return [
    {
      key: 'name',
      head: shared.rule(),
      cell: ({ id, name }: NewRule) => (
        <span class="sentinel-name">
          <span>{name}</span>
          <span class="mono hint">{id}</span>
        </span>
      ),
    },
    {
      key: 'priority',
      head: w.priority(),
      align: 'end' as const,
      cell: ({ priority = 0 }: NewRule) => <span>{priority}</span>,
    },
    { key: 'when', head: w.condition(), cell: ({ when }: NewRule) => <code class="sentinel-when">{when}</code> },
    { key: 'action', head: shared.action(), cell: ({ action }: NewRule) => <ActionBadge action={action} /> },
    {
      key: 'severity',
      head: shared.severity(),
      cell: ({ severity }: NewRule) => <SeverityBadge severity={severity} />,
    },
    { key: 'state', head: w.mode(), cell: (rule: NewRule) => <Mode rule={rule} editing={editing} /> },
    { key: 'version', head: w.version(), cell: (rule: NewRule) => <VersionOf rule={rule} live={live.get(rule.id)} /> },
    { key: 'do', head: w.remove(), cell: (rule: NewRule) => <Remove rule={rule} editing={editing} /> },
  ]
}

function VersionOf({ rule, live }: { rule: NewRule; live: Rule | undefined }): VNode {
  if (live === undefined) return <Badge tone="good">{w.isNew()}</Badge>
  return (
    <span>
      {live.version} {isSame(withoutVersion(live), rule) ? '' : <Badge tone="info">{w.edited()}</Badge>}
    </span>
  )
}

/** Shadow, live or off, in the draft. */
function Mode({ rule, editing }: { rule: NewRule; editing: Editing }): VNode {
  const put = (state: State) => editing.edit((draft) => withRule(draft, { ...rule, state }, Date.now()))
  return (
    <select
      class="sentinel-mode"
      aria-label={`${w.mode()}: ${rule.id}`}
      value={rule.state ?? 'enabled'}
      onChange={(event) => put(STATES.find((each) => each === event.currentTarget.value) ?? 'shadow')}
    >
      {STATES.map((state) => (
        <option key={state} value={state}>
          {stateName(state)}
        </option>
      ))}
    </select>
  )
}

function Remove({ rule, editing }: { rule: NewRule; editing: Editing }): VNode {
  const remove = () => {
    editing.edit((draft) => withoutRule(draft, rule.id, Date.now()))
    // Into the draft as it is when somebody changes their mind: other edits since then stay.
    const undo = async () => editing.edit((draft) => withRule(draft, rule, Date.now()))
    toast(w.removed({ id: rule.id }), { undo })
  }
  return (
    <Button kind="quiet" label={`${w.remove()}: ${rule.id}`} onClick={remove}>
      {w.remove()}
    </Button>
  )
}
