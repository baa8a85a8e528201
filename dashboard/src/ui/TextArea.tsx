import { Field, type FieldProps, inputProps } from './Field.tsx'

type Props = FieldProps & {
  value: string
  onChange: (value: string) => void
  rows?: number | undefined
  placeholder?: string | undefined
  maxLength?: number | undefined
  mono?: boolean | undefined
}

export function TextArea({ value, onChange, rows = 4, placeholder, maxLength, mono, ...field }: Props) {
  return (
    <Field {...field}>
      {(ids) => (
        <textarea
          {...inputProps(ids, field)}
          class={mono === true ? 'mono' : undefined}
          rows={rows}
          placeholder={placeholder}
          maxLength={maxLength}
          spellcheck={mono !== true}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
