/** Which period the page is about; kept in the address. */
import { Field, inputProps } from '../../ui/Field.tsx'
import { Select } from '../../ui/Select.tsx'
import { LENGTHS, lengthOf, type PeriodFilter } from './Period.ts'
import { w } from './words.ts'

type Set = (change: Partial<Record<'period' | 'from' | 'to', string | undefined>>) => void

const DAY = 86_400_000

export function PeriodPicker({ filter, onChange }: { filter: PeriodFilter; onChange: Set }) {
  const isOwn = filter.from !== undefined || filter.to !== undefined
  const names = { '24h': w.last24h(), '7d': w.last7d(), '30d': w.last30d(), '90d': w.last90d() }
  const choose = (value: string) => {
    if (value !== 'own') return onChange({ period: value, from: undefined, to: undefined })
    const day = (at: number) => new Date(at).toISOString().slice(0, 10)
    onChange({ period: undefined, from: day(Date.now() - 6 * DAY), to: day(Date.now()) })
  }
  return (
    <div class="filters">
      <Select<string>
        label={w.period()}
        value={isOwn ? 'own' : lengthOf(filter)}
        options={[
          ...LENGTHS.map((each) => ({ value: each, label: names[each] })),
          { value: 'own', label: w.ownPeriod() },
        ]}
        onChange={choose}
      />
      {isOwn ? (
        <>
          <DayInput label={w.from()} value={filter.from} onChange={(from) => onChange({ from })} />
          <DayInput label={w.to()} value={filter.to} onChange={(to) => onChange({ to })} />
        </>
      ) : null}
    </div>
  )
}

type DayProps = { label: string; value: string | undefined; onChange: (day: string) => void }

function DayInput({ label, value, onChange }: DayProps) {
  return (
    <Field label={label}>
      {(ids) => (
        <input
          {...inputProps(ids, {})}
          type="date"
          value={value ?? ''}
          onInput={(event) => event.currentTarget.value !== '' && onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
