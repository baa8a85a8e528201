/** One set as it was: what it changed, or how it differs from another; and bringing it back as a draft. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { go, Link, useFilter } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Button } from '../../../ui/Button.tsx'
import { Facts } from '../../../ui/Facts.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Select } from '../../../ui/Select.tsx'
import { Time } from '../../../ui/Time.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import type { Ruleset } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { Changes } from './Changes.tsx'
import { startOf } from './Draft.ts'
import { changes } from './Merge.ts'
import { useDraft } from './useDraft.ts'
import { w } from './words.ts'

const NONE: Pick<Ruleset, 'revision' | 'rules' | 'breaker'> = { revision: 0, rules: [], breaker: null }

export default function RevisionPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const number = Number(params['revision'])
  const [asked] = useFilter(['with'])
  const withNow = asked.with === 'now'
  const { data, error, reload } = useLoad(
    (signal) => both(whose, number, withNow, signal),
    [whose.provider, mode.value, number, withNow],
  )
  return (
    <>
      <RulesHead whose={whose} section="history" title={w.revisionOf({ n: String(number) })}>
        <Link to={pathOf(whose, 'history')}>{shared.history()}</Link>
      </RulesHead>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && <Compared whose={whose} withNow={withNow} {...data} />}
    </>
  )
}

/** The set, and the one that it is compared with: the one before it, or the one in force. */
async function both(whose: Whose, number: number, withNow: boolean, signal: AbortSignal) {
  const set = await Calls.revision(whose, number, signal)
  if (withNow) return { set, other: await Calls.getRules(whose, signal) }
  // The oldest that is kept has nothing before it.
  const other = number > 1 ? await Calls.revision(whose, number - 1, signal).catch(() => NONE) : NONE
  return { set, other }
}

type Props = { whose: Whose; withNow: boolean; set: Ruleset; other: Pick<Ruleset, 'revision' | 'rules' | 'breaker'> }

function Compared({ whose, withNow, set, other }: Props): VNode {
  const [, ask] = useFilter(['with'])
  const { editing } = useDraft(whose)
  // Read from the older to the newer, whichever of them was asked for.
  const [before, after] = withNow ? [set, other] : [other, set]
  const bringBack = () => {
    const { rules, breaker } = startOf(set)
    editing?.edit((draft) => ({ ...draft, rules, breaker, at: Date.now() }))
    toast(w.broughtBack({ n: String(set.revision) }))
    go(pathOf(whose, 'rules'))
  }
  return (
    <>
      <Facts
        items={[
          [w.when(), <Time at={set.createdAt} />],
          [w.author(), <span class="mono">{set.author ?? '—'}</span>],
          [shared.rules(), w.ruleCount({ n: set.rules.length })],
        ]}
      />
      <Section title={withNow ? w.changed() : w.changedIn({ n: String(set.revision) })}>
        <Select
          label={w.compare()}
          value={withNow ? 'now' : 'before'}
          options={[
            { value: 'before', label: w.revisionOf({ n: String(set.revision - 1) }) },
            { value: 'now', label: w.inForceNow() },
          ]}
          onChange={(value) => ask({ with: value === 'now' ? 'now' : undefined })}
        />
        <Changes
          changes={changes(startOf({ ...set, ...before }).rules, startOf({ ...set, ...after }).rules)}
          breaker={[before.breaker, after.breaker]}
        />
        <div class="actions">
          <Button disabled={editing === undefined} onClick={bringBack}>
            {w.bringBack()}
          </Button>
        </div>
      </Section>
    </>
  )
}
