import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { AmountInput } from '../../../ui/AmountInput.tsx'
import { NumberInput } from '../../../ui/NumberInput.tsx'
import { Select } from '../../../ui/Select.tsx'
import { Switch } from '../../../ui/Switch.tsx'
import type { MoneyBreaker } from '../Types.ts'
import { WINDOWS, wrongOf } from './Settings.ts'
import { w } from './words.ts'

type Props = { breaker: MoneyBreaker; onChange(breaker: MoneyBreaker): void }

export function BudgetFields({ breaker, onChange }: Props): VNode {
  const wrong = wrongOf(breaker)
  const windowName = (ms: (typeof WINDOWS)[number]) =>
    ({ 60_000: w.minute(), 3_600_000: w.hour(), 86_400_000: w.day() })[ms]
  const put = (change: Partial<MoneyBreaker>) => onChange({ ...breaker, ...change })
  return (
    <div class="form">
      <AmountInput
        label={w.amount()}
        value={/^[0-9]+$/.test(breaker.budget) ? BigInt(breaker.budget) : undefined}
        error={wrong.budget === true ? w.amountNeeded() : undefined}
        onChange={(budget) => put({ budget: String(budget ?? 0n) })}
      />
      <Select
        label={w.window()}
        value={String(breaker.windowMs)}
        options={WINDOWS.map((ms) => ({ value: String(ms), label: windowName(ms) }))}
        onChange={(value) => put({ windowMs: WINDOWS.find((ms) => String(ms) === value) ?? breaker.windowMs })}
      />
      <Switch
        label={w.freezes()}
        hint={w.freezesHint()}
        value={breaker.freezes === true}
        onChange={(freezes) => put({ freezes })}
      />
      <details>
        <summary>{w.advanced()}</summary>
        <Figure
          label={w.badFrom()}
          hint={w.badFromHint()}
          unit="%"
          per={10}
          least={1}
          most={10_000}
          value={breaker.badFrom}
          isWrong={wrong.badFrom}
          onChange={(badFrom) => put({ badFrom })}
        />
        <Figure
          label={w.goodUpTo()}
          hint={w.goodUpToHint()}
          unit="%"
          per={10}
          least={0}
          most={10_000}
          value={breaker.goodUpTo}
          isWrong={wrong.goodUpTo}
          said={w.goodNeeded()}
          onChange={(goodUpTo) => put({ goodUpTo })}
        />
        <Figure
          label={w.openFor()}
          per={1_000}
          least={1}
          most={86_400}
          value={breaker.openMs}
          isWrong={wrong.openMs}
          onChange={(openMs) => put({ openMs })}
        />
        <Figure
          label={w.longest()}
          hint={w.longestHint()}
          per={1_000}
          least={1}
          most={604_800}
          value={breaker.maxOpenMs}
          isWrong={wrong.maxOpenMs}
          said={w.longestNeeded()}
          onChange={(maxOpenMs) => put({ maxOpenMs })}
        />
        <Figure
          label={w.probes()}
          per={1}
          least={1}
          most={100}
          value={breaker.probes}
          isWrong={wrong.probes}
          onChange={(probes) => put({ probes })}
        />
        <Figure
          label={w.probeFor()}
          per={1_000}
          least={1}
          most={3_600}
          value={breaker.probeMs}
          isWrong={wrong.probeMs}
          onChange={(probeMs) => put({ probeMs })}
        />
        <Figure
          label={w.calm()}
          hint={w.calmHint()}
          per={1_000}
          least={0}
          most={604_800}
          value={breaker.calmMs}
          isWrong={wrong.calmMs}
          onChange={(calmMs) => put({ calmMs })}
        />
      </details>
    </div>
  )
}

type NumberProps = {
  label: string
  hint?: string
  unit?: string
  /** How many of the set's units are one of the form's. */
  per: number
  least: number
  most: number
  value: number
  isWrong: true | undefined
  /** What is wrong where the number alone is not. */
  said?: string
  onChange(value: number): void
}

function Figure({ label, hint, unit, per, least, most, value, isWrong, said, onChange }: NumberProps): VNode {
  const [isEmpty, setEmpty] = useState(false)
  const error = isEmpty
    ? w.whole({ min: least, max: most })
    : isWrong === true
      ? (said ?? w.whole({ min: least, max: most }))
      : undefined
  return (
    <NumberInput
      label={label}
      hint={hint}
      unit={unit}
      min={least}
      max={most}
      whole={per !== 10}
      value={isEmpty ? undefined : value / per}
      error={error}
      onChange={(typed) => {
        setEmpty(typed === undefined)
        if (typed !== undefined) onChange(Math.round(typed * per))
      }}
    />
  )
}
