import type { ComponentChildren } from 'preact'

/** Names and values, in two columns where there is room. */
export function Facts({ items }: { items: readonly (readonly [label: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
