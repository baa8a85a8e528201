import { useEffect, useState } from 'preact/hooks'
import { Field, type FieldProps, inputProps } from './Field.tsx'
import { uiWords as w } from './words.ts'

type Props = FieldProps & {
  /** undefined while nothing, or nothing readable, is typed. */
  value: number | undefined
  onChange: (value: number | undefined) => void
  min?: number | undefined
  max?: number | undefined
  /** Whole numbers only. Default true. */
  whole?: boolean | undefined
  /** What is counted: `min`, `%`. */
  unit?: string | undefined
  placeholder?: string | undefined
}

/** A number that is not money. */
export function NumberInput({ value, onChange, min, max, whole = true, unit, placeholder, ...field }: Props) {
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const [left, setLeft] = useState(false)
  const read = (typed: string) => readNumber(typed, { min, max, whole })
  useEffect(() => {
    if (value !== read(text)) setText(value === undefined ? '' : String(value))
  }, [value])
  const limits = min !== undefined && max !== undefined ? w.numberFormat({ min, max }) : w.numberOnly()
  const wrong = left && text.trim() !== '' && read(text) === undefined ? limits : undefined
  return (
    <Field {...field} error={wrong ?? field.error}>
      {(ids) => (
        <span class="affixed">
          <input
            {...inputProps(ids, field)}
            class="number"
            type="text"
            inputMode={whole ? 'numeric' : 'decimal'}
            autoComplete="off"
            placeholder={placeholder}
            value={text}
            onBlur={() => setLeft(true)}
            onInput={(event) => {
              setText(event.currentTarget.value)
              onChange(read(event.currentTarget.value))
            }}
          />
          {unit !== undefined && <span class="affix">{unit}</span>}
        </span>
      )}
    </Field>
  )
}

type Limits = { min: number | undefined; max: number | undefined; whole: boolean }

/** The number that was typed, also with full-width digits; undefined when it is none or outside the limits. */
export function readNumber(typed: string, { min, max, whole }: Limits): number | undefined {
  const plain = typed.normalize('NFKC').replaceAll('。', '.').replaceAll(',', '').trim()
  if (!(whole ? /^-?\d{1,15}$/ : /^-?(?:\d{1,15}(?:\.\d*)?|\.\d+)$/).test(plain)) return undefined
  const number = Number(plain)
  if ((min !== undefined && number < min) || (max !== undefined && number > max)) return undefined
  return number
}
