/** Chooses the days that a page is about. They are in the address, so a period can be sent to somebody. */
import { Button, Field } from '../../ui/index.ts'
import { dayOf, presetOf, PRESETS } from './Period.ts'
import { periodWords as w } from './words.ts'

type Days = { from?: string; until?: string }

export function PeriodPicker({
  value,
  onChange,
}: {
  value: Days
  onChange: (days: { from: string | undefined; until: string | undefined }) => void
}) {
  const now = Date.now()
  const { from = '', until = '' } = value
  const set = (days: Days) => onChange({ from: days.from, until: days.until })
  return (
    <div class="filters">
      <DayInput label={w.from()} value={from} max={until} onChange={(day) => set({ ...value, from: day })} />
      <DayInput label={w.until()} value={until} max={dayOf(now)} onChange={(day) => set({ ...value, until: day })} />
      <div class="actions" role="group" aria-label={w.presets()}>
        {PRESETS.map((preset) => (
          <Button key={preset} kind="quiet" onClick={() => set(presetOf(preset, now))}>
            {w[preset]()}
          </Button>
        ))}
      </div>
    </div>
  )
}

function DayInput({
  label,
  value,
  max,
  onChange,
}: {
  label: string
  value: string
  max: string
  onChange: (day: string) => void
}) {
  return (
    <Field label={label}>
      {({ id, describedBy }) => (
        <input
          id={id}
          aria-describedby={describedBy}
          type="date"
          value={value}
          max={max === '' ? undefined : max}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
