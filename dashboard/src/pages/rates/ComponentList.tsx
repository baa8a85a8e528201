/** What the card sells: a price for each unit. */
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/Select.tsx'
import type { Component } from './Draft.ts'
import { useFinding } from './Findings.tsx'
import { CardInput, optional } from './Inputs.tsx'
import { PriceFields } from './PriceFields.tsx'
import { component } from './Start.ts'
import { unitName, UNITS } from './Units.ts'
import { w } from './words.ts'

type Props = { components: Component[]; isPeriodic: boolean; onChange: (components: Component[]) => void }

export function ComponentList({ components, isPeriodic, onChange }: Props) {
  const set = (index: number, next: Component) =>
    onChange(components.map((each, place) => (place === index ? next : each)))
  const free = UNITS.find((unit) => !components.some((each) => each.unit === unit)) ?? 'custom.item'
  return (
    <div class="rate-components" data-path="/components" tabIndex={-1}>
      {components.map((each, index) => (
        <ComponentCard
          key={index}
          index={index}
          component={each}
          isPeriodic={isPeriodic}
          onChange={(next) => set(index, next)}
          onRemove={() => onChange(components.filter((_, place) => place !== index))}
        />
      ))}
      <Button onClick={() => onChange([...components, component(free)])}>{w.addComponent()}</Button>
    </div>
  )
}

type CardProps = {
  index: number
  component: Component
  isPeriodic: boolean
  onChange: (component: Component) => void
  onRemove: () => void
}

function ComponentCard({ index, component: { unit, price, free }, isPeriodic, onChange, onRemove }: CardProps) {
  const path = `/components/${index}`
  const whole: Component = { unit, price, ...(free === undefined ? {} : { free }) }
  return (
    <fieldset class="rate-component">
      <legend>{w.priceOf({ unit: unitName(unit) })}</legend>
      <div class="rate-row">
        <UnitFields path={`${path}/unit`} unit={unit} onChange={(next) => onChange({ ...whole, unit: next })} />
        <CardInput
          path={`${path}/free`}
          label={isPeriodic ? w.freeInPeriod() : w.freeInCall()}
          inputMode="numeric"
          placeholder="0"
          value={free ?? ''}
          onChange={(value) => onChange(optional(whole, 'free', value.trim()))}
        />
        <button
          type="button"
          class="button quiet bare"
          aria-label={w.removeComponent({ unit: unitName(unit) })}
          onClick={onRemove}
        >
          ×
        </button>
      </div>
      <PriceFields
        path={`${path}/price`}
        unit={unit}
        price={price}
        onChange={(next) => onChange({ ...whole, price: next })}
      />
    </fieldset>
  )
}

/** One of the known units, or a name of one's own. */
function UnitFields({ path, unit, onChange }: { path: string; unit: string; onChange: (unit: string) => void }) {
  const error = useFinding(path)
  const isOwn = !(UNITS as readonly string[]).includes(unit)
  return (
    <>
      <Select<string>
        label={w.unit()}
        error={isOwn ? undefined : error}
        value={isOwn ? 'custom' : unit}
        options={[
          ...UNITS.map((each) => ({ value: each, label: unitName(each) })),
          { value: 'custom', label: w.ownUnit() },
        ]}
        onChange={(value) => onChange(value === 'custom' ? 'custom.item' : value)}
      />
      {isOwn ? (
        <CardInput
          path={path}
          label={w.ownUnitName()}
          hint={w.ownUnitHint()}
          value={unit.replace(/^custom\./, '')}
          onChange={(name) => onChange(`custom.${name.trim()}`)}
        />
      ) : null}
    </>
  )
}
