import { Field, type FieldProps, inputProps } from './Field.tsx'

type Props<T extends string> = FieldProps & {
  value: T
  options: readonly { value: T; label: string; disabled?: boolean }[]
  onChange: (value: T) => void
}

export function Select<T extends string>({ value, options, onChange, ...field }: Props<T>) {
  return (
    <Field {...field}>
      {(ids) => (
        <select
          {...inputProps(ids, field)}
          value={value}
          onChange={(event) => {
            const chosen = options.find((option) => option.value === event.currentTarget.value)
            if (chosen !== undefined) onChange(chosen.value)
          }}
        >
          {options.map((option) => (
            <option
              key={option.value}
              value={option.value}
              selected={option.value === value}
              disabled={option.disabled === true}
            >
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
