/** The errors of the form around: which field they belong to, and which of them a field already shows. */
import { type Signal, signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext, useEffect } from 'preact/hooks'
import type { FieldError } from '../api/Problem.ts'

export type FormErrors = { errors: Signal<FieldError[]>; shown: Signal<readonly string[]> }

export const newFormErrors = (): FormErrors => ({
  errors: signal<FieldError[]>([]),
  shown: signal<readonly string[]>([]),
})

export const FormErrorsContext = createContext<FormErrors>(newFormErrors())

/** Asks, inside a form, for what the API said about a field. */
export function useFormErrors(): (field: string) => string | undefined {
  const { errors } = useContext(FormErrorsContext)
  return (field) => textOf(errors.value, field)
}

/** As `useFormErrors`, and tells the form that this field shows it. */
export function useErrorOf(field: string | undefined): string | undefined {
  const { errors, shown } = useContext(FormErrorsContext)
  useEffect(() => {
    if (field === undefined) return undefined
    shown.value = [...shown.peek(), field]
    return () => {
      const at = shown.peek().indexOf(field)
      shown.value = shown.peek().filter((_, index) => index !== at)
    }
  }, [field])
  return field === undefined ? undefined : textOf(errors.value, field)
}

function textOf(errors: readonly FieldError[], field: string): string | undefined {
  const own = errors.filter((error) => isAbout(error, field))
  return own.length === 0 ? undefined : own.map(({ detail }) => detail).join(' ')
}

/** An error about a part of a field (`chains.0` of `chains`) is one about the field. */
export function isAbout(error: FieldError, field: string): boolean {
  return error.field === field || error.field.startsWith(`${field}.`)
}
