/** Which rules, over which time, and what is known to have been abuse. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useFilter } from '../../../Router.ts'
import { Button } from '../../../ui/Button.tsx'
import { Form } from '../../../ui/Form.tsx'
import { NumberInput } from '../../../ui/NumberInput.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { TimeInput } from '../../../ui/TimeInput.tsx'
import { DayInput } from '../DayInput.tsx'
import { type Asked, type Mark, type Wrong, wrongOf } from './Wanted.ts'
import { w } from './words.ts'

type Props = { hasDraft: boolean; onRun(asked: Asked, ofDraft: boolean): Promise<void> }

export function AskForm({ hasDraft, onRun }: Props): VNode {
  const [address, set] = useFilter(['since', 'until', 'set'])
  const [stopMinutes, setStopMinutes] = useState<number | undefined>(60)
  const [marks, setMarks] = useState<readonly Mark[]>([])
  const [wrong, setWrong] = useState<Wrong>({})
  const ofDraft = hasDraft && address.set !== 'live'
  const run = async () => {
    const asked = { since: address.since, until: address.until, stopMinutes: stopMinutes ?? 60, marks }
    const found = wrongOf(asked, Date.now())
    setWrong(found)
    if (found.period === undefined && found.marks === undefined) await onRun(asked, ofDraft)
  }
  return (
    <Form onSubmit={run} submit={w.run()}>
      <Select
        label={w.set()}
        hint={hasDraft ? undefined : w.noDraft()}
        value={ofDraft ? 'draft' : 'live'}
        options={[
          { value: 'draft', label: w.draft(), disabled: !hasDraft },
          { value: 'live', label: w.live() },
        ]}
        onChange={(value) => set({ set: value === 'live' ? 'live' : undefined })}
      />
      <div class="filters">
        <DayInput label={w.since()} value={address.since ?? ''} onChange={(since) => set({ since })} />
        <DayInput label={w.until()} value={address.until ?? ''} onChange={(until) => set({ until })} />
      </div>
      <p class={wrong.period === true ? 'error' : 'hint'} role={wrong.period === true ? 'alert' : undefined}>
        {wrong.period === true ? w.periodWrong() : w.periodHint()}
      </p>
      <NumberInput
        label={w.stopMinutes()}
        hint={w.stopHint()}
        min={0}
        max={1_440}
        name="stopMinutes"
        value={stopMinutes}
        onChange={setStopMinutes}
      />
      <Marks marks={marks} wrong={wrong.marks ?? []} onChange={setMarks} />
    </Form>
  )
}

type MarksProps = { marks: readonly Mark[]; wrong: readonly number[]; onChange(marks: readonly Mark[]): void }

const MARKS_MAX = 100

function Marks({ marks, wrong, onChange }: MarksProps): VNode {
  const put = (at: number, change: Partial<Mark>) =>
    onChange(marks.map((mark, i) => (i === at ? { ...mark, ...change } : mark)))
  return (
    <fieldset class="sentinel-group">
      <legend>{w.abuse()}</legend>
      <p class="hint">{w.abuseHint()}</p>
      {marks.map((mark, i) => (
        <div key={i} class="sentinel-row">
          <TextInput
            label={w.session()}
            hint={w.sessionHint()}
            error={wrong.includes(i) && mark.session.trim() === '' ? w.sessionNeeded() : undefined}
            maxLength={256}
            mono
            value={mark.session}
            onChange={(session) => put(i, { session })}
          />
          <TimeInput label={w.from()} value={mark.since} onChange={(since) => put(i, { since })} />
          <TimeInput label={w.to()} value={mark.until} onChange={(until) => put(i, { until })} />
          <Button onClick={() => onChange(marks.filter((_, j) => j !== i))}>{w.removeMark({ n: i + 1 })}</Button>
        </div>
      ))}
      {marks.length < MARKS_MAX && (
        <Button onClick={() => onChange([...marks, { session: '', since: undefined, until: undefined }])}>
          {w.addMark()}
        </Button>
      )}
    </fieldset>
  )
}
