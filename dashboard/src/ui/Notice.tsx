import type { ComponentChildren } from 'preact'

export type Tone = 'info' | 'warn' | 'bad' | 'good'

/** A remark in a box: what one should know before going on. */
export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <div class={`notice ${tone}`}>{children}</div>
}
