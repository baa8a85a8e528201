/** What could be meant, below the text. Focus stays in the text; keys and the pointer choose. */
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Suggestion } from './Completion.ts'
import { w } from './words.ts'

type Props = { id: string; suggestions: readonly Suggestion[]; active: number; onTake(suggestion: Suggestion): void }

export function Suggestions({ id, suggestions, active, onTake }: Props): VNode {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <ul ref={list} id={`${id}-list`} role="listbox" aria-label={w.suggestions()} class="sentinel-suggestions">
      {suggestions.map((suggestion, i) => (
        <li
          key={suggestion.name}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === active}
          onMouseDown={(event) => {
            // The text keeps the focus.
            event.preventDefault()
            onTake(suggestion)
          }}
        >
          <code>{suggestion.name}</code> <span class="hint">{suggestion.detail}</span>
        </li>
      ))}
    </ul>
  )
}
