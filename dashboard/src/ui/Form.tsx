import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { ApiProblem } from '../api/Problem.ts'
import { WalletError } from '../Eip1193.ts'
import { saidOf, saidOfError } from '../said/Said.ts'
import { Button } from './Button.tsx'
import { FormErrorsContext, isAbout, newFormErrors } from './FormErrors.ts'
import { Notice } from './Notice.tsx'
import { SaidText } from './SaidText.tsx'

type Props = {
  /** Sends the form. What it throws is shown on top, the errors of fields beside those. */
  onSubmit: () => Promise<unknown>
  /** The words of the button. */
  submit: string
  children: ComponentChildren
  /** A problem that came from elsewhere. */
  problem?: Error | undefined
  kind?: 'primary' | 'danger'
  disabled?: boolean
  /** Beside the button: a cancel. */
  beside?: ComponentChildren
}

export function Form({ onSubmit, submit, children, problem, kind = 'primary', disabled = false, beside }: Props) {
  const errors = useMemo(newFormErrors, [])
  const thrown = useSignal<Error | undefined>(undefined)
  const busy = useSignal(false)
  const summary = useRef<HTMLDivElement>(null)
  const shown = thrown.value ?? problem
  useEffect(() => {
    errors.errors.value = shown instanceof ApiProblem ? shown.errors : []
  }, [shown])
  // Who pressed the button is brought to what is wrong.
  useEffect(() => {
    if (thrown.value !== undefined) summary.current?.focus()
  }, [thrown.value])
  const send = async () => {
    if (busy.value) return
    busy.value = true
    thrown.value = undefined
    try {
      await onSubmit()
    } catch (error) {
      thrown.value = error instanceof Error ? error : new Error(String(error))
    } finally {
      busy.value = false
    }
  }
  const elsewhere = errors.errors.value.filter((error) => !errors.shown.value.some((field) => isAbout(error, field)))
  const tone = shown instanceof WalletError && shown.reason === 'declined' ? 'info' : 'bad'
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <div ref={summary} tabIndex={-1} class="summary" role="alert">
        {shown !== undefined && (
          <Notice tone={tone}>
            <p>
              <SaidText {...saidOfError(shown)} />
            </p>
            {elsewhere.length > 0 && (
              <ul>
                {elsewhere.map(({ field, detail }) => (
                  <li key={`${field} ${detail}`}>
                    {field === '' ? '' : <code>{field}</code>} <SaidText {...saidOf(detail)} />
                  </li>
                ))}
              </ul>
            )}
          </Notice>
        )}
      </div>
      <FormErrorsContext.Provider value={errors}>{children}</FormErrorsContext.Provider>
      <div class="actions">
        <Button type="submit" kind={kind} busy={busy.value} disabled={disabled}>
          {submit}
        </Button>
        {beside}
      </div>
    </form>
  )
}
