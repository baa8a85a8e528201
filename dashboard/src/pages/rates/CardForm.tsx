/** The card as a form. Its three kinds are one form that grows. */
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Select } from '../../ui/Select.tsx'
import type { CardDraft, Draft, Kind, MeteredDraft } from './Draft.ts'
import { ComponentList } from './ComponentList.tsx'
import { FormulaField } from './FormulaField.tsx'
import { CardInput, optional, UsdcInput } from './Inputs.tsx'
import { LevelList, type OracleChoice, SignalList } from './NamedLists.tsx'
import { ScheduleFields, ZoneInput } from './ScheduleFields.tsx'
import { asKind, ownZone } from './Start.ts'
import { unitName } from './Units.ts'
import { w } from './words.ts'

type Props = { draft: Draft; oracles: readonly OracleChoice[]; onChange: (draft: Draft) => void }

const KINDS: readonly Kind[] = ['flat', 'metered', 'card']

export function CardForm({ draft, oracles, onChange }: Props) {
  const names = { flat: w.kindFlat(), metered: w.kindMetered(), card: w.kindCard() }
  // What was written of another kind is there again when somebody comes back to it.
  const left = useRef<Partial<Record<Kind, Draft>>>({})
  const choose = (kind: Kind) => {
    left.current[draft.kind] = draft
    onChange(left.current[kind] ?? asKind(draft, kind))
  }
  const hints = { flat: w.kindFlatHint(), metered: w.kindMeteredHint(), card: w.kindCardHint() }
  return (
    <div class="rate-form">
      <fieldset class="rate-kinds">
        <legend>{w.kind()}</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="radio" name="rate-kind" checked={draft.kind === kind} onChange={() => choose(kind)} />
            <span>
              <strong>{names[kind]}</strong> <span class="hint">{hints[kind]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {draft.kind === 'flat' ? (
        <UsdcInput
          path="/amount"
          label={w.aCall()}
          value={draft.amount}
          onChange={(amount) => onChange({ ...draft, amount })}
        />
      ) : null}
      {draft.kind === 'metered' ? <MeteredFields draft={draft} onChange={onChange} /> : null}
      {draft.kind === 'card' ? <FullFields draft={draft} oracles={oracles} onChange={onChange} /> : null}
    </div>
  )
}

function MeteredFields({ draft, onChange }: { draft: MeteredDraft; onChange: (draft: Draft) => void }) {
  return (
    <>
      <div class="rate-row">
        <Select<MeteredDraft['unit']>
          label={w.unit()}
          value={draft.unit}
          options={(['reported', 'byte', 'second'] as const).map((unit) => ({ value: unit, label: unitName(unit) }))}
          onChange={(unit) => onChange({ ...draft, unit })}
        />
        <UsdcInput
          path="/unitAmount"
          label={w.amountUsdc()}
          value={draft.unitAmount}
          onChange={(unitAmount) => onChange({ ...draft, unitAmount })}
        />
        <CardInput
          path="/per"
          label={w.per()}
          hint={w.perHint()}
          inputMode="numeric"
          value={draft.per}
          onChange={(per) => onChange({ ...draft, per: per.trim() })}
        />
      </div>
      <div class="rate-row">
        <UsdcInput
          path="/minimum"
          label={w.minimum()}
          value={draft.minimum ?? ''}
          onChange={(minimum) => onChange(optional(draft, 'minimum', minimum))}
        />
        <UsdcInput
          path="/max"
          label={w.maximum()}
          hint={w.maximumHint()}
          value={draft.max}
          onChange={(max) => onChange({ ...draft, max })}
        />
      </div>
    </>
  )
}

type FullProps = { draft: CardDraft; oracles: readonly OracleChoice[]; onChange: (draft: Draft) => void }

function FullFields({ draft, oracles, onChange }: FullProps) {
  const { components, formula, schedule, levels, signals, minimum, maximum } = draft
  return (
    <>
      <Part title={w.components()} hint={w.componentsHint()} isOpen>
        <ComponentList
          components={components}
          isPeriodic={draft.period !== undefined}
          onChange={(next) => onChange({ ...draft, components: next })}
        />
        <div class="rate-row">
          <UsdcInput
            path="/minimum"
            label={w.minimum()}
            value={minimum ?? ''}
            onChange={(next) => onChange(optional(draft, 'minimum', next))}
          />
          <UsdcInput
            path="/maximum"
            label={w.maximum()}
            hint={w.maximumHint()}
            value={maximum}
            onChange={(next) => onChange({ ...draft, maximum: next })}
          />
        </div>
      </Part>
      <Part title={w.period()} hint={w.periodHint()} isOpen={draft.period !== undefined}>
        <PeriodFields draft={draft} onChange={onChange} />
      </Part>
      <Part title={w.times()} hint={w.timesHint()} isOpen={schedule !== undefined}>
        <ScheduleFields schedule={schedule} onChange={(next) => onChange(withMember(draft, 'schedule', next))} />
      </Part>
      <Part title={w.levels()} hint={w.levelsHint()} isOpen={levels.length > 0}>
        <LevelList levels={levels} onChange={(next) => onChange({ ...draft, levels: next })} />
      </Part>
      <Part title={w.signals()} hint={w.signalsHint()} isOpen={signals.length > 0}>
        <SignalList signals={signals} oracles={oracles} onChange={(next) => onChange({ ...draft, signals: next })} />
      </Part>
      <Part title={w.formula()} hint={w.formulaPartHint()} isOpen={formula !== undefined}>
        <FormulaField
          formula={formula}
          names={namesOf(draft)}
          onChange={(next) => onChange(withMember(draft, 'formula', next))}
        />
      </Part>
    </>
  )
}

function PeriodFields({ draft, onChange }: Omit<FullProps, 'oracles'>) {
  const { period } = draft
  const every = (value: '' | 'day' | 'month') => {
    if (value === '') return onChange(withMember(draft, 'period', undefined))
    onChange({ ...draft, period: { every: value, zone: period?.zone ?? ownZone() } })
  }
  return (
    <div class="rate-row">
      <Select<'' | 'day' | 'month'>
        label={w.countedOver()}
        value={period?.every ?? ''}
        options={[
          { value: '', label: w.eachCall() },
          { value: 'day', label: w.day() },
          { value: 'month', label: w.month() },
        ]}
        onChange={every}
      />
      {period === undefined ? null : (
        <ZoneInput
          path="/period/zone"
          value={period.zone}
          onChange={(zone) => onChange({ ...draft, period: { ...period, zone } })}
        />
      )}
    </div>
  )
}

type PartProps = { title: string; hint: string; isOpen: boolean; children: ComponentChildren }

function Part({ title, hint, isOpen, children }: PartProps) {
  return (
    <details class="rate-part" open={isOpen}>
      <summary>{title}</summary>
      <p class="hint">{hint}</p>
      {children}
    </details>
  )
}

function withMember<K extends 'schedule' | 'formula' | 'period'>(
  draft: CardDraft,
  key: K,
  value: CardDraft[K] | undefined,
): CardDraft {
  const { [key]: _old, ...rest } = draft
  return (value === undefined ? rest : { ...rest, [key]: value }) as CardDraft
}

/** What a formula of this card may name, the likely ones. */
function namesOf({ components, signals }: CardDraft): string[] {
  const units = components.map(({ unit }) => (unit === 'second' ? 'units.millisecond' : `units.${unit}`))
  const given = signals.map(({ name }) => `signal.${name}`)
  return ['base', ...units, ...given, 'level', 'at.hour', 'at.weekday', 'at.day', 'at.month', 'min(', 'max(', 'divUp(']
}
