/** A day (of UTC) to choose: `2026-11-23`, or empty. */
import { useId } from 'preact/hooks'
import type { VNode } from 'preact'

export function DayInput(props: { label: string; value: string; onChange(value: string | undefined): void }): VNode {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="date"
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value || undefined)}
      />
    </div>
  )
}
