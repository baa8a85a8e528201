import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { path } from './Router.ts'

/** A button that opens a small panel: Escape, a click elsewhere or going to another page closes it. */
export function Menu({
  label,
  button,
  children,
}: {
  label: string
  button: ComponentChildren
  children: ComponentChildren
}) {
  const menu = useRef<HTMLDetailsElement>(null)
  const close = (event: Event) => {
    const element = menu.current
    if (element === null || !element.open) return
    if (event instanceof KeyboardEvent) {
      if (event.key !== 'Escape') return
      element.querySelector('summary')?.focus()
    } else if (event.target instanceof Node && element.contains(event.target)) return
    element.open = false
  }
  useEffect(() => {
    document.addEventListener('pointerdown', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  const at = path.value
  useEffect(() => {
    if (menu.current !== null) menu.current.open = false
  }, [at])
  return (
    <details ref={menu} class="menu">
      <summary class="button quiet" aria-label={label}>
        {button}
      </summary>
      <div class="menu-panel">{children}</div>
    </details>
  )
}
