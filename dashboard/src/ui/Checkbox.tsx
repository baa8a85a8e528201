import { useId } from 'preact/hooks'
import { type FieldProps, inputProps } from './Field.tsx'
import { useErrorOf } from './FormErrors.ts'
import { SaidText } from './SaidText.tsx'

type Props = FieldProps & { value: boolean; onChange: (value: boolean) => void; role?: 'switch' }

/** A box to tick, with its label behind it. */
export function Checkbox({ value, onChange, label, hint, error, name, required, disabled, role }: Props) {
  const id = useId()
  const fromApi = useErrorOf(name)
  const said = error === undefined ? fromApi : { text: error }
  const parts = [hint === undefined ? '' : `${id}-hint`, said === undefined ? '' : `${id}-error`].filter((part) => part)
  const ids = { id, describedBy: parts.length === 0 ? undefined : parts.join(' '), invalid: said !== undefined }
  return (
    <div class={`field check ${role ?? ''}`}>
      <input
        {...inputProps(ids, { required, disabled })}
        type="checkbox"
        role={role}
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {said !== undefined && (
        <p class="error" id={`${id}-error`}>
          <SaidText {...said} />
        </p>
      )}
    </div>
  )
}

/** On or off, at once. */
export function Switch(props: Omit<Props, 'role'>) {
  return <Checkbox {...props} role="switch" />
}
