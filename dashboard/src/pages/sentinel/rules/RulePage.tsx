/** One rule of the draft: edited here, published with all others. Below it what it did, and the texts that it had. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { go, Link } from '../../../Router.ts'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import { ResultsChart } from '../decisions/ResultsChart.tsx'
import type { Feature, NewRule } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { DraftBar } from './DraftBar.tsx'
import { freeId, withRule } from './Draft.ts'
import { beginning } from './RuleCheck.ts'
import { RuleForm } from './RuleForm.tsx'
import { type Editing, useDraft } from './useDraft.ts'
import { Versions } from './Versions.tsx'
import { w } from './words.ts'

export default function RulePage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { id } = params
  const { editing, error, reload } = useDraft(whose)
  const features = useLoad((signal) => Calls.features(signal), [])
  const failed = error ?? features.error
  const again = () => {
    reload()
    features.reload()
  }
  const isReady = editing !== undefined && features.data !== undefined
  return (
    <>
      <RulesHead whose={whose} section="rules" title={id === undefined ? w.newTitle() : w.ruleTitle({ id })}>
        <Link to={pathOf(whose, 'rules')}>{w.back()}</Link>
      </RulesHead>
      {failed !== undefined && !isReady && <Failed error={failed} retry={again} />}
      {!isReady && failed === undefined && <Loading />}
      {editing !== undefined && features.data !== undefined && (
        <Ready key={id} whose={whose} id={id} editing={editing} features={features.data} reload={reload} />
      )}
    </>
  )
}

type Props = {
  whose: Whose
  id: string | undefined
  editing: Editing
  features: readonly Feature[]
  reload(): void
}

function Ready({ whose, id, editing, features, reload }: Props): VNode {
  const { draft, set, conflict } = editing
  const rule = id === undefined ? beginning(freeId(draft.rules, 'my-rule')) : draft.rules.find((each) => each.id === id)
  const keep = (next: NewRule) => {
    editing.edit((before) => withRule(before, next, Date.now(), id ?? next.id))
    toast(w.kept())
    go(pathOf(whose, 'rules'))
  }
  const taken = new Set(draft.rules.map((each) => each.id).filter((each) => each !== id))
  return (
    <>
      <DraftBar whose={whose} editing={editing} reload={reload} />
      {rule === undefined && <Empty title={w.notThere()} text={w.emptyText()} />}
      {rule !== undefined && conflict === undefined && (
        <RuleForm
          rule={rule}
          taken={taken}
          features={features}
          lists={set.lists.map(({ name }) => name)}
          onKeep={keep}
          onCancel={() => go(pathOf(whose, 'rules'))}
        />
      )}
      {id !== undefined && <ResultsChart whose={whose} rule={id} />}
      {id !== undefined && <Versions whose={whose} id={id} editing={editing} />}
    </>
  )
}
