/** What stands where data would be: nothing yet, on its way, not to be had. */
import type { ComponentChildren } from 'preact'
import { saidOfError } from '../said/Said.ts'
import { Button } from './Button.tsx'
import { SaidText } from './SaidText.tsx'
import { uiWords as w } from './words.ts'

/** Says what would be here and how to get it. */
export function Empty({ title, text, action }: { title: string; text: string; action?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="title">{title}</p>
      <p>{text}</p>
      {action !== undefined && <div class="actions">{action}</div>}
    </div>
  )
}

export function Loading({ label }: { label?: string }) {
  return (
    <p class="loading" role="status">
      {label ?? w.loading()}
    </p>
  )
}

export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p class="title">{w.failed()}</p>
      <p>
        <SaidText {...saidOfError(error)} />
      </p>
      {retry !== undefined && (
        <div class="actions">
          <Button onClick={() => retry()}>{w.retry()}</Button>
        </div>
      )}
    </div>
  )
}
