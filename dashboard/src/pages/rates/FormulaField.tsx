/** A formula with the place of a mistake marked in the text while it is written. */
import { useContext, useId, useRef } from 'preact/hooks'
import { saidOf } from '../../said/Said.ts'
import { Button } from '../../ui/Button.tsx'
import { SaidText } from '../../ui/SaidText.tsx'
import { Findings } from './Findings.tsx'
import { w } from './words.ts'

const PATH = '/formula'

type Props = {
  formula: string | undefined
  /** What it may name, to be put in at the cursor. */
  names: readonly string[]
  onChange: (formula: string | undefined) => void
}

export function FormulaField({ formula, names, onChange }: Props) {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  const found = useContext(Findings).find(({ path }) => path === PATH)
  if (formula === undefined) return <Button onClick={() => onChange('base')}>{w.addFormula()}</Button>
  const position = found?.position
  const insert = (name: string) => {
    const field = area.current
    const [from, to] = [field?.selectionStart ?? formula.length, field?.selectionEnd ?? formula.length]
    onChange(`${formula.slice(0, from)}${name}${formula.slice(to)}`)
    requestAnimationFrame(() => {
      field?.focus()
      field?.setSelectionRange(from + name.length, from + name.length)
    })
  }
  return (
    <>
      <label for={id}>{w.formula()}</label>
      <div class="rate-formula">
        <Marked text={formula} position={position} />
        <textarea
          ref={area}
          id={id}
          data-path={PATH}
          rows={1}
          maxLength={1000}
          spellcheck={false}
          autoComplete="off"
          autoCapitalize="off"
          aria-invalid={found !== undefined}
          aria-describedby={`${id}-said`}
          value={formula}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      <p id={`${id}-said`} class={found === undefined ? 'hint' : 'error'} aria-live="polite">
        {found === undefined ? w.formulaHint() : <SaidText {...saidOf(found.message)} />}
        {found?.line === undefined || found.column === undefined
          ? ''
          : ` (${w.place({ line: found.line, column: found.column })})`}{' '}
        {position === undefined ? null : (
          <button
            type="button"
            class="button quiet"
            onClick={() => {
              area.current?.focus()
              area.current?.setSelectionRange(position, ending(formula, position))
            }}
          >
            {w.goThere()}
          </button>
        )}
      </p>
      <div class="rate-names" role="group" aria-label={w.names()}>
        {names.map((name) => (
          <button key={name} type="button" class="button quiet" onClick={() => insert(name)}>
            {name}
          </button>
        ))}
      </div>
      <Button onClick={() => onChange(undefined)}>{w.removeFormula()}</Button>
    </>
  )
}

/** Lies behind the text, letter on letter: only its mark is seen. */
function Marked({ text, position }: { text: string; position: number | undefined }) {
  if (position === undefined) return <pre aria-hidden="true">{`${text}\n`}</pre>
  const end = ending(text, position)
  return (
    <pre aria-hidden="true">
      {text.slice(0, position)}
      <mark>{text.slice(position, end) || ' '}</mark>
      {`${text.slice(end)}\n`}
    </pre>
  )
}

/** The end of the word or sign at a place. */
export function ending(text: string, position: number): number {
  const word = /^(?:[\w.]+|\S)/.exec(text.slice(position))?.[0] ?? ''
  return position + word.length
}
