import { useEffect, useState } from 'preact/hooks'
import { parseAmount, plainAmount } from '../format/Money.ts'
import { Field, type FieldProps, inputProps } from './Field.tsx'
import { uiWords as w } from './words.ts'

type Props = FieldProps & {
  /** Atomic units; undefined while nothing, or nothing readable, is typed. */
  value: bigint | undefined
  onChange: (value: bigint | undefined) => void
  decimals?: number
  symbol?: string
  placeholder?: string | undefined
}

/** An amount of money, typed as people write it, held as bigint. What cannot be read is said at once, on leaving. */
export function AmountInput({ value, onChange, decimals = 6, symbol = 'USDC', placeholder = '0.00', ...field }: Props) {
  const [text, setText] = useState(() => written(value, decimals))
  const [left, setLeft] = useState(false)
  const read = parseAmount(text, decimals)
  // Set from outside: shown, unless it is what the text already says.
  useEffect(() => {
    if (value !== read) setText(written(value, decimals))
  }, [value])
  const wrong = left && text.trim() !== '' && read === undefined ? w.amountFormat({ decimals }) : undefined
  return (
    <Field {...field} error={wrong ?? field.error}>
      {(ids) => (
        <span class="affixed">
          <input
            {...inputProps(ids, field)}
            class="number"
            type="text"
            inputMode="decimal"
            autoComplete="off"
            placeholder={placeholder}
            value={text}
            onBlur={() => setLeft(true)}
            onInput={(event) => {
              const typed = event.currentTarget.value
              setText(typed)
              onChange(parseAmount(typed, decimals))
            }}
          />
          <span class="affix">{symbol}</span>
        </span>
      )}
    </Field>
  )
}

const written = (value: bigint | undefined, decimals: number) =>
  value === undefined ? '' : plainAmount(value, decimals)
