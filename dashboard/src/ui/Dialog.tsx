import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Button } from './Button.tsx'
import { Icon } from './Icon.tsx'
import { dialogs, Toasts } from './Toast.tsx'
import { uiWords as w } from './words.ts'

type Props = {
  open: boolean
  title: string
  /** Asked to close: by the cross, by Escape. */
  onClose: () => void
  children: ComponentChildren
  actions?: ComponentChildren
  wide?: boolean
}

/** A modal `<dialog>`: the rest of the page is inert, Escape closes, and focus goes back to where it was. */
export function Dialog({ open, title, onClose, children, actions, wide = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    if (element === null) return
    if (open && !element.open) element.showModal()
    if (!open && element.open) element.close()
  }, [open])
  useEffect(() => {
    if (!open) return undefined
    dialogs.value = [...dialogs.peek(), id]
    return () => {
      dialogs.value = dialogs.peek().filter((one) => one !== id)
    }
  }, [open])
  // Gone from the page while open: closing gives focus back.
  useEffect(() => () => dialog.current?.close(), [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${wide ? 'wide' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      {open && (
        <div class="dialog-body">
          <div class="dialog-head">
            <h2 id={id}>{title}</h2>
            <Button kind="quiet" label={w.close()} onClick={() => onClose()}>
              <Icon name="close" />
            </Button>
          </div>
          {children}
          {actions !== undefined && <div class="actions">{actions}</div>}
          <Toasts dialog={id} />
        </div>
      )}
    </dialog>
  )
}
