import type { ComponentChildren } from 'preact'

/** One number that matters. `Stats` puts some beside each other. */
export function Stat({ label, value, hint }: { label: string; value: ComponentChildren; hint?: ComponentChildren }) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      {hint !== undefined && <dd class="hint">{hint}</dd>}
    </div>
  )
}

export function Stats({ children }: { children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>
}
