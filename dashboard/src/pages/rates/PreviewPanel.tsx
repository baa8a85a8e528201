/** What a call would cost under the card that is written: any use, any moment, any customer. */
import type * as Rate from '@pbstream/core/Rate'
import { useMemo, useState } from 'preact/hooks'
import { TextInput } from '../../ui/TextInput.tsx'
import { TimeInput } from '../../ui/TimeInput.tsx'
import { Curve } from './Curve.tsx'
import { usdc } from './Exact.ts'
import { linesOf } from './Lines.ts'
import { type Asked, NOTHING, preview, unitsOf, usualUse } from './Preview.ts'
import { unitName } from './Units.ts'
import { w } from './words.ts'

export function PreviewPanel({ card }: { card: Rate.Card | undefined }) {
  const [asked, setAsked] = useState<Asked>(() => ({ ...NOTHING, at: Date.now() }))
  const units = useMemo(() => (card === undefined ? [] : unitsOf(card)), [card])
  if (card === undefined) return <p class="hint">{w.noPreview()}</p>
  // What nobody typed yet is a usual call, so that there is a price to look at.
  const use = { ...usualUse(units), ...Object.fromEntries(units.flatMap((unit) => typedOf(asked.use, unit))) }
  const made = preview(card, { ...asked, use })
  const wrong = made.ok ? [] : made.wrong
  const set = (change: Partial<Asked>) => setAsked({ ...asked, ...change })
  return (
    <div class="rate-preview">
      <div class="rate-row">
        {units.map((unit) => (
          <Plain
            key={unit}
            label={unitName(unit)}
            value={use[unit] ?? ''}
            isWrong={wrong.includes(`use.${unit}`)}
            onChange={(value) => set({ use: { ...asked.use, [unit]: value } })}
          />
        ))}
        <TimeInput label={w.moment()} value={asked.at} onChange={(at) => at !== undefined && set({ at })} />
      </div>
      {card.kind === 'card' ? <TermsFields card={card} asked={asked} wrong={wrong} onChange={set} /> : null}
      {made.ok ? (
        <>
          <output class="rate-charge" aria-live="polite">
            <strong>{w.usdc({ amount: usdc(made.explanation.charge) })}</strong>{' '}
            <span class="muted">{w.held({ amount: usdc(String(made.ceiling)) })}</span>
          </output>
          <Lines explanation={made.explanation} />
          <Curve card={card} units={units} usage={made.usage} terms={made.terms} />
        </>
      ) : (
        <p class="error">{w.wrongInput()}</p>
      )}
    </div>
  )
}

function typedOf(use: Readonly<Record<string, string>>, unit: string): [string, string][] {
  const text = use[unit]
  return text === undefined ? [] : [[unit, text]]
}

type FullCard = Extract<Rate.Card, { kind: 'card' }>
type TermsProps = { card: FullCard; asked: Asked; wrong: string[]; onChange: (change: Partial<Asked>) => void }

/** Customer, signals, and what was used before: only what this card looks at. */
function TermsFields({ card, asked, wrong, onChange }: TermsProps) {
  const signals = Object.entries(card.signals ?? {})
  const levels = Object.keys(card.levels ?? {})
  const priced = card.components.map(({ unit }) => unit)
  return (
    <details>
      <summary>{w.whoAndSignals()}</summary>
      <div class="rate-row">
        <Plain
          label={w.level()}
          value={asked.level}
          isWrong={false}
          {...(levels[0] === undefined ? {} : { placeholder: levels[0] })}
          onChange={(level) => onChange({ level: level.trim() })}
        />
        <Plain
          label={w.ownMultiplier()}
          value={asked.multiplier}
          isWrong={wrong.includes('multiplier')}
          onChange={(multiplier) => onChange({ multiplier: multiplier.trim() })}
        />
        {signals.map(([name, { fallback }]) => (
          <Plain
            key={name}
            label={w.signalOf({ name })}
            placeholder={fallback}
            value={asked.signals[name] ?? ''}
            isWrong={wrong.includes(`signals.${name}`)}
            onChange={(value) => onChange({ signals: { ...asked.signals, [name]: value } })}
          />
        ))}
        {card.period === undefined
          ? null
          : priced.map((unit) => (
              <Plain
                key={unit}
                label={w.usedBefore({ unit: unitName(unit) })}
                placeholder="0"
                value={asked.before[unit] ?? ''}
                isWrong={wrong.includes(`before.${unit}`)}
                onChange={(value) => onChange({ before: { ...asked.before, [unit]: value } })}
              />
            ))}
      </div>
    </details>
  )
}

type PlainProps = {
  label: string
  value: string
  isWrong: boolean
  onChange: (value: string) => void
  placeholder?: string
}

function Plain({ isWrong, ...props }: PlainProps) {
  return <TextInput {...props} error={isWrong ? w.noNumber() : undefined} />
}

function Lines({ explanation }: { explanation: Rate.Explanation }) {
  return (
    <table class="rate-lines">
      <caption class="visually-hidden">{w.explanation()}</caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">{w.what()}</th>
          <th scope="col">{w.amountUsdc()}</th>
        </tr>
      </thead>
      <tbody>
        {linesOf(explanation).map(({ level, text, amount, tone }, index) => (
          <tr key={index} class={`${level === 1 ? 'inner' : ''} ${tone ?? ''}`}>
            <td>{text}</td>
            <td class="number">{amount ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
