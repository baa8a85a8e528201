/** A rule, all of it. What is kept goes into the draft. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { Form } from '../../../ui/Form.tsx'
import { NumberInput } from '../../../ui/NumberInput.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { useUnsaved } from '../../../ui/useUnsaved.ts'
import { ACTIONS, CROSS_ACTIONS, type Feature, type NewRule, SEVERITIES, STATES } from '../Types.ts'
import { actionExplained, actionName, severityName, stateName, w as shared } from '../words.ts'
import { ConditionEditor } from './ConditionEditor.tsx'
import { type Missing, missingOf } from './RuleCheck.ts'
import { w } from './words.ts'

type Props = {
  rule: NewRule
  /** Ids that others have. */
  taken: ReadonlySet<string>
  features: readonly Feature[]
  lists: readonly string[]
  onKeep(rule: NewRule): void
  onCancel(): void
}

const options = <T extends string>(all: readonly T[], nameOf: (each: T) => string) =>
  all.map((value) => ({ value, label: nameOf(value) }))

export function RuleForm({ rule: given, taken, features, lists, onKeep, onCancel }: Props): VNode {
  const [start] = useState(given)
  const [rule, setRule] = useState(start)
  useUnsaved(JSON.stringify(rule) !== JSON.stringify(start))
  const [isGood, setGood] = useState<boolean>()
  const [missing, setMissing] = useState<Missing>({})
  const put = (change: Partial<NewRule>) => setRule((before) => ({ ...before, ...change }))
  const keep = async () => {
    const found = missingOf(rule, taken, isGood)
    setMissing(found)
    if (Object.keys(found).length > 0) throw new Error(w.wrong())
    const { seconds, ...rest } = rule
    onKeep(rest.action === 'throttle' ? { ...rest, seconds: seconds ?? 60 } : rest)
  }
  const over = rule.over ?? 'session'
  return (
    <Form onSubmit={keep} submit={w.toDraft()} beside={<Button onClick={onCancel}>{shared.cancel()}</Button>}>
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        required
        maxLength={80}
        error={missing.name === true ? w.nameNeeded() : undefined}
        value={rule.name}
        onChange={(name) => put({ name })}
      />
      <TextInput
        label={w.id()}
        hint={w.idHint()}
        required
        mono
        maxLength={64}
        error={missing.id === 'taken' ? w.idTaken() : missing.id === 'wrong' ? w.idWrong() : undefined}
        value={rule.id}
        onChange={(id) => put({ id })}
      />
      <Select
        label={w.over()}
        hint={over === 'cross' ? w.overHint() : undefined}
        value={over}
        options={[
          { value: 'session', label: w.overSession() },
          { value: 'cross', label: w.overCross() },
        ]}
        onChange={(next) => put(withOver(rule, next))}
      />
      <ConditionEditor
        value={rule.when}
        over={over}
        features={features}
        lists={lists}
        onChange={(when) => put({ when })}
        onJudged={setGood}
      />
      {missing.when !== undefined && (
        <p class="error" role="alert">
          {missing.when === 'empty' ? w.empty() : missing.when === 'long' ? w.shorter() : w.wrong()}
        </p>
      )}
      <What rule={rule} put={put} />
      <Order rule={rule} put={put} />
    </Form>
  )
}

type PartProps = { rule: NewRule; put(change: Partial<NewRule>): void }

/** What is done, and how much it weighs. */
function What({ rule, put }: PartProps): VNode {
  const actions = rule.over === 'cross' ? CROSS_ACTIONS : ACTIONS
  return (
    <>
      <Select
        label={shared.action()}
        hint={actionExplained(rule.action)}
        value={rule.action}
        options={options(actions, actionName)}
        onChange={(action) => put({ action })}
      />
      {rule.action === 'throttle' && (
        <NumberInput
          label={w.seconds()}
          min={1}
          max={86_400}
          value={rule.seconds ?? 60}
          onChange={(seconds) => seconds !== undefined && put({ seconds })}
        />
      )}
      <Select
        label={shared.severity()}
        value={rule.severity}
        options={options(SEVERITIES, severityName)}
        onChange={(severity) => put({ severity })}
      />
      <Select
        label={w.mode()}
        hint={w.stateHint()}
        value={rule.state ?? 'enabled'}
        options={options(STATES, stateName)}
        onChange={(state) => put({ state })}
      />
    </>
  )
}

/** When it is asked, and what counts when several match. */
function Order({ rule, put }: PartProps): VNode {
  return (
    <>
      <NumberInput
        label={w.priority()}
        hint={w.priorityHint()}
        min={0}
        max={10_000}
        value={rule.priority ?? 0}
        onChange={(priority) => priority !== undefined && put({ priority })}
      />
      <Select
        label={w.group()}
        value={rule.group ?? 'all_match'}
        options={[
          { value: 'all_match', label: w.allMatch() },
          { value: 'first_match', label: w.firstMatch() },
        ]}
        onChange={(group) => put({ group })}
      />
      <Select
        label={w.fail()}
        hint={w.failHint()}
        value={rule.fail}
        options={[
          { value: 'open', label: w.failOpen() },
          { value: 'closed', label: w.failClosed() },
        ]}
        onChange={(fail) => put({ fail })}
      />
    </>
  )
}

/** Over many keys fewer things can be done. */
function withOver(rule: NewRule, over: 'session' | 'cross'): Partial<NewRule> {
  const isAllowed = over === 'session' || CROSS_ACTIONS.some((action) => action === rule.action)
  return isAllowed ? { over } : { over, action: 'alert' }
}
