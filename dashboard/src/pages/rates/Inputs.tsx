/** Fields of a card. Each knows its place in the card (`path`), and shows what is wrong there. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Field, inputProps } from '../../ui/Field.tsx'
import { atomic, typed } from './Exact.ts'
import { useFinding } from './Findings.tsx'

type Props = {
  path: string
  label: string
  hint?: string | undefined
  value: string
  onChange: (value: string) => void
  /** Id of a `datalist`. */
  list?: string
  inputMode?: 'decimal' | 'numeric' | 'text'
  placeholder?: string
}

export function CardInput({ path, label, hint, value, onChange, list, inputMode = 'text', placeholder }: Props) {
  const error = useFinding(path)
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          {...inputProps(ids, {})}
          data-path={path}
          autoComplete="off"
          spellcheck={false}
          inputMode={inputMode}
          list={list}
          placeholder={placeholder}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

/** A field in a table: its column says what it is, and so does its name. */
export function CellInput({ path, label, value, onChange, inputMode = 'numeric', placeholder }: Props) {
  const error = useFinding(path)
  return (
    <>
      <input
        class="number"
        data-path={path}
        aria-label={label}
        aria-invalid={error !== undefined}
        title={error ?? ''}
        autoComplete="off"
        inputMode={inputMode}
        placeholder={placeholder}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {error === undefined ? null : <span class="error">{error}</span>}
    </>
  )
}

/** Typed in USDC, kept in atomic units. What is no amount is kept as typed, and found wrong. */
export function UsdcInput(props: Props) {
  return <CardInput {...props} inputMode="decimal" {...useUsdc(props)} />
}

export function UsdcCell(props: Props) {
  return <CellInput {...props} inputMode="decimal" {...useUsdc(props)} />
}

function useUsdc({ value, onChange }: Props): Pick<Props, 'value' | 'onChange'> {
  const [text, setText] = useState(() => typed(value))
  const said = useRef(value)
  useEffect(() => {
    // Changed elsewhere, in the JSON say: what was typed here is old.
    if (value !== said.current) setText(typed(value))
    said.current = value
  }, [value])
  return {
    value: text,
    onChange: (entered) => {
      setText(entered)
      // Digits without meaning would be read as atomic units: a text that is no amount must not look like one.
      said.current = entered.trim() === '' ? '' : (atomic(entered) ?? `${entered} USDC`)
      onChange(said.current)
    },
  }
}

/** A member that may be left out: a field that is empty leaves it out. */
export function optional<T extends object, K extends keyof T & string>(holder: T, key: K, value: string): T {
  const { [key]: _old, ...rest } = holder
  return (value.trim() === '' ? rest : { ...rest, [key]: value }) as T
}
