import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { tell } from './Toast.tsx'

type Props = {
  kind?: 'primary' | 'plain' | 'danger' | 'quiet'
  busy?: boolean
  disabled?: boolean
  /** A promise keeps the button busy; what it throws is shown as a toast. */
  onClick?: (event: MouseEvent) => void | Promise<unknown>
  type?: 'button' | 'submit'
  /** For a button whose words are not seen, or not enough. */
  label?: string
  expanded?: boolean
  /** Where focus begins in a dialog. */
  autofocus?: boolean
  children: ComponentChildren
}

/** Busy, it stays where it is and keeps focus: `aria-disabled`, not `disabled`. */
export function Button({ kind = 'plain', busy = false, disabled = false, onClick, type = 'button', ...rest }: Props) {
  const { label, expanded, autofocus, children } = rest
  const [running, setRunning] = useState(false)
  const here = useRef(true)
  useEffect(() => () => void (here.current = false), [])
  const isBusy = busy || running
  const click = (event: MouseEvent) => {
    if (isBusy || disabled) {
      event.preventDefault()
      return
    }
    const answer = onClick?.(event)
    if (!(answer instanceof Promise)) return
    setRunning(true)
    answer.catch(tell).finally(() => here.current && setRunning(false))
  }
  return (
    <button
      type={type}
      class={`button ${kind}`}
      onClick={click}
      disabled={disabled}
      aria-disabled={isBusy ? true : undefined}
      aria-busy={isBusy ? true : undefined}
      aria-label={label}
      aria-expanded={expanded}
      autofocus={autofocus}
    >
      {children}
    </button>
  )
}
