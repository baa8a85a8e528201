/** A labelled place for an input, its hint and its error, tied together for screen readers. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useErrorOf } from './FormErrors.ts'
import { SaidText } from './SaidText.tsx'

export type FieldProps = {
  label: string
  hint?: string | undefined
  error?: string | undefined
  /** The field's path in the body of the request (`rule.amount`): errors of the API about it are shown here. */
  name?: string | undefined
  required?: boolean | undefined
  disabled?: boolean | undefined
}

export type FieldIds = { id: string; describedBy: string | undefined; invalid: boolean }

export function Field({
  label,
  hint,
  error,
  name,
  children,
}: FieldProps & { children: (ids: FieldIds) => ComponentChildren }) {
  const id = useId()
  const fromApi = useErrorOf(name)
  const said = error === undefined ? fromApi : { text: error }
  const parts = [hint === undefined ? '' : `${id}-hint`, said === undefined ? '' : `${id}-error`].filter((part) => part)
  const ids = { id, describedBy: parts.length === 0 ? undefined : parts.join(' '), invalid: said !== undefined }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(ids)}
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

/** The attributes that tie an input to its field. */
export function inputProps({ id, describedBy, invalid }: FieldIds, { required, disabled }: Partial<FieldProps>) {
  return {
    id,
    'aria-describedby': describedBy,
    'aria-invalid': invalid ? (true as const) : undefined,
    'aria-required': required === true ? (true as const) : undefined,
    disabled: disabled === true,
  }
}
