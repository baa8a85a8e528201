/** What a key may spend in a while. It is a part of the set of rules, so it is a draft until it is published with them. */
import type { VNode } from 'preact'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Switch } from '../../../ui/Switch.tsx'
import { RulesHead } from '../Head.tsx'
import { DraftBar } from '../rules/DraftBar.tsx'
import { useDraft } from '../rules/useDraft.ts'
import { whoseOf } from '../Whose.ts'
import { BudgetFields } from './BudgetFields.tsx'
import { DEFAULT } from './Settings.ts'
import { w } from './words.ts'

export default function BudgetPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { editing, error, reload } = useDraft(whose)
  if (editing === undefined) {
    return (
      <>
        <RulesHead whose={whose} section="budget" />
        {error === undefined ? <Loading /> : <Failed error={error} retry={reload} />}
      </>
    )
  }
  const { draft, edit, set } = editing
  const { breaker } = draft
  const put = (next: typeof breaker) => edit((before) => ({ ...before, breaker: next, at: Date.now() }))
  return (
    <>
      <RulesHead whose={whose} section="budget" />
      <p class="hint">{w.budgetHint()}</p>
      <DraftBar whose={whose} editing={editing} reload={reload} />
      <Switch
        label={w.budgetOn()}
        value={breaker !== null}
        onChange={(on) => put(on ? (set.breaker ?? DEFAULT) : null)}
      />
      {breaker === null ? (
        <Notice tone="info">{w.budgetOff()}</Notice>
      ) : (
        <BudgetFields breaker={breaker} onChange={put} />
      )}
    </>
  )
}
