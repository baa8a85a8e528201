/** Levels of customers and signals: entries with a name. */
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/Select.tsx'
import type { Level, Signal } from './Draft.ts'
import { CardInput } from './Inputs.tsx'
import { w } from './words.ts'

export function LevelList({ levels, onChange }: { levels: Level[]; onChange: (levels: Level[]) => void }) {
  const set = (index: number, change: Partial<Level>) => onChange(changed(levels, index, change))
  return (
    <>
      {levels.map(({ name, multiplier }, index) => (
        <div key={index} class="rate-row">
          <CardInput
            path={`/levels/${name}`}
            label={w.levelName()}
            value={name}
            onChange={(next) => set(index, { name: next.trim() })}
          />
          <CardInput
            path={`/levels/${name}/multiplier`}
            label={w.multiplier()}
            inputMode="decimal"
            value={multiplier}
            onChange={(next) => set(index, { multiplier: next.trim() })}
          />
          <Remove label={w.removeLevel({ name })} onClick={() => onChange(without(levels, index))} />
        </div>
      ))}
      <Button onClick={() => onChange([...levels, { name: fresh('level', levels), multiplier: '0.9' }])}>
        {w.addLevel()}
      </Button>
    </>
  )
}

export type OracleChoice = { id: string; name: string }

type SignalProps = { signals: Signal[]; oracles: readonly OracleChoice[]; onChange: (signals: Signal[]) => void }

export function SignalList({ signals, oracles, onChange }: SignalProps) {
  const first = oracles[0]?.id ?? ''
  return (
    <>
      {oracles.length === 0 ? <p class="hint">{w.noOracle()}</p> : null}
      {signals.map((signal, index) => (
        <SignalFields
          key={index}
          signal={signal}
          oracles={oracles}
          onChange={(change) => onChange(changed(signals, index, change))}
          onRemove={() => onChange(without(signals, index))}
        />
      ))}
      <Button
        disabled={oracles.length === 0}
        onClick={() =>
          onChange([...signals, { name: fresh('load', signals), oracle: first, min: '0', max: '100', fallback: '0' }])
        }
      >
        {w.addSignal()}
      </Button>
    </>
  )
}

type OneSignal = {
  signal: Signal
  oracles: readonly OracleChoice[]
  onChange: (change: Partial<Signal>) => void
  onRemove: () => void
}

function SignalFields({ signal: { name, oracle, min, max, fallback }, oracles, onChange, onRemove }: OneSignal) {
  const path = `/signals/${name}`
  const isKnown = oracles.some(({ id }) => id === oracle)
  return (
    <fieldset class="rate-component">
      <legend>{w.signalOf({ name })}</legend>
      <div class="rate-row">
        <CardInput
          path={path}
          label={w.signalName()}
          value={name}
          onChange={(next) => onChange({ name: next.trim() })}
        />
        <Select<string>
          label={w.oracle()}
          value={oracle}
          options={[
            ...(isKnown ? [] : [{ value: oracle, label: oracle }]),
            ...oracles.map((each) => ({ value: each.id, label: each.name })),
          ]}
          onChange={(next) => onChange({ oracle: next })}
        />
        <Remove label={w.removeSignal({ name })} onClick={onRemove} />
      </div>
      <div class="rate-row">
        <Whole path={`${path}/min`} label={w.lowest()} value={min} onChange={(next) => onChange({ min: next })} />
        <Whole path={`${path}/max`} label={w.highest()} value={max} onChange={(next) => onChange({ max: next })} />
        <Whole
          path={`${path}/fallback`}
          label={w.fallback()}
          value={fallback}
          onChange={(next) => onChange({ fallback: next })}
        />
      </div>
    </fieldset>
  )
}

function Whole(props: { path: string; label: string; value: string; onChange: (value: string) => void }) {
  return <CardInput {...props} inputMode="numeric" onChange={(value) => props.onChange(value.trim())} />
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="button quiet bare" aria-label={label} onClick={onClick}>
      ×
    </button>
  )
}

function changed<T>(entries: readonly T[], index: number, change: Partial<T>): T[] {
  return entries.map((entry, place) => (place === index ? { ...entry, ...change } : entry))
}

function without<T>(entries: readonly T[], index: number): T[] {
  return entries.filter((_, place) => place !== index)
}

/** A name that is free: `load`, `load2`, … */
function fresh(name: string, entries: readonly { name: string }[]): string {
  const taken = new Set(entries.map((entry) => entry.name))
  let next = name
  for (let number = 2; taken.has(next); number++) next = `${name}${number}`
  return next
}
