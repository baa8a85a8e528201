/** One of a few, each explained: radio buttons. */
import { useId } from 'preact/hooks'

type Option<T extends string> = { value: T; label: string; hint?: string; disabled?: boolean }

export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly Option<T>[]
  onChange: (value: T) => void
}) {
  const id = useId()
  return (
    <fieldset class="choices keys-choices">
      <legend>{label}</legend>
      {options.map(({ value: each, label: said, hint, disabled = false }) => (
        <div class="field check" key={each}>
          <input
            type="radio"
            id={`${id}-${each}`}
            name={id}
            checked={each === value}
            disabled={disabled}
            aria-describedby={hint === undefined ? undefined : `${id}-${each}-hint`}
            onChange={() => onChange(each)}
          />
          <label for={`${id}-${each}`}>{said}</label>
          {hint !== undefined && (
            <p class="hint" id={`${id}-${each}-hint`}>
              {hint}
            </p>
          )}
        </div>
      ))}
    </fieldset>
  )
}
