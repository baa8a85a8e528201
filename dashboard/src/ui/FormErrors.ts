/** The errors of the form around: which field they belong to, and which of them a field already shows. */
import { type Signal, signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext, useEffect } from 'preact/hooks'
import type { FieldError } from '../api/Problem.ts'
import { inOneText, type Said, saidOf } from '../said/Said.ts'

export type FormErrors = { errors: Signal<FieldError[]>; shown: Signal<readonly string[]> }

export const newFormErrors = (): FormErrors => ({
  errors: signal<FieldError[]>([]),
  shown: signal<readonly string[]>([]),
})

export const FormErrorsContext = createContext<FormErrors>(newFormErrors())

/** What the API said about a field of the form around; tells the form that this field shows it. */
export function useErrorOf(field: string | undefined): Said | undefined {
  const { errors, shown } = useContext(FormErrorsContext)
  useEffect(() => {
    if (field === undefined) return undefined
    shown.value = [...shown.peek(), field]
    return () => {
      const at = shown.peek().indexOf(field)
      shown.value = shown.peek().filter((_, index) => index !== at)
    }
  }, [field])
  return field === undefined ? undefined : saidAbout(errors.value, field)
}

function saidAbout(errors: readonly FieldError[], field: string): Said | undefined {
  const [first, ...more] = errors.filter((error) => isAbout(error, field)).map(({ detail }) => saidOf(detail))
  return more.length === 0 ? first : { text: [...(first ? [first] : []), ...more].map(inOneText).join(' ') }
}

/** An error about a part of a field (`chains.0` of `chains`) is one about the field. */
export function isAbout(error: FieldError, field: string): boolean {
  return error.field === field || error.field.startsWith(`${field}.`)
}
