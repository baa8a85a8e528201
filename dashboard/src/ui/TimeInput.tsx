import { Field, type FieldProps, inputProps } from './Field.tsx'
import { uiWords as w } from './words.ts'

type Props = FieldProps & {
  /** Unix milliseconds. */
  value: number | undefined
  onChange: (value: number | undefined) => void
  min?: number | undefined
  max?: number | undefined
}

/** A day and a time, in the time zone of the browser, which its hint names. */
export function TimeInput({ value, onChange, min, max, hint, ...field }: Props) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const said = [hint, w.localTime({ zone })].filter((part) => part !== undefined).join(' ')
  return (
    <Field {...field} hint={said}>
      {(ids) => (
        <input
          {...inputProps(ids, field)}
          type="datetime-local"
          value={value === undefined ? '' : localText(value)}
          min={min === undefined ? undefined : localText(min)}
          max={max === undefined ? undefined : localText(max)}
          onInput={(event) => {
            const ms = new Date(event.currentTarget.value).getTime()
            onChange(Number.isFinite(ms) ? ms : undefined)
          }}
        />
      )}
    </Field>
  )
}

/** `2026-11-23T12:04` in the time zone here: what such an input takes. */
export function localText(ms: number): string {
  const at = new Date(ms)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [String(at.getFullYear()).padStart(4, '0'), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}
