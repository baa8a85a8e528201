import { Field, type FieldProps, inputProps } from './Field.tsx'

type Props = FieldProps & {
  value: string
  onChange: (value: string) => void
  placeholder?: string | undefined
  maxLength?: number | undefined
  autoComplete?: string | undefined
  type?: 'text' | 'url' | 'email' | 'search' | 'password' | undefined
  /** For addresses, ids, expressions. */
  mono?: boolean | undefined
  /** Where focus begins in a dialog. */
  autofocus?: boolean | undefined
}

export function TextInput({
  value,
  onChange,
  placeholder,
  maxLength,
  autoComplete,
  type = 'text',
  mono,
  autofocus,
  ...field
}: Props) {
  return (
    <Field {...field}>
      {(ids) => (
        <input
          {...inputProps(ids, field)}
          class={mono === true ? 'mono' : undefined}
          type={type}
          autofocus={autofocus}
          value={value}
          placeholder={placeholder}
          maxLength={maxLength}
          autoComplete={autoComplete ?? 'off'}
          spellcheck={mono !== true}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
