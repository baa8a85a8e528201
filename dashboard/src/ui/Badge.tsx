import type { ComponentChildren } from 'preact'

/** A state in one word. The tone repeats what the word says; it is never the only sign. */
export function Badge({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'info' | 'warn' | 'bad' | 'good'
  children: ComponentChildren
}) {
  return <span class={`badge ${tone}`}>{children}</span>
}
