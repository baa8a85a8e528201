/**
 * A condition as text, with suggestions by keyboard and its mistake shown in place. It stays a plain text area, so undo,
 * selection, input methods and screen readers work as anywhere.
 */
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { SaidText } from '../../../ui/SaidText.tsx'
import { accept, complete, type Completion, type Suggestion } from './Completion.ts'
import { lineAt, type Place } from './Compiled.ts'
import { explain } from './Explain.ts'
import { Suggestions } from './Suggestions.tsx'
import { w } from './words.ts'

const MOST = 1_000

type Props = {
  value: string
  onChange(value: string): void
  words: readonly Suggestion[]
  problem: Place | undefined
}

export function CelEditor({ value, onChange, words, problem }: Props): VNode {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  const caret = useRef<number>()
  const [open, setOpen] = useState<{ completion: Completion; active: number }>()
  useEffect(() => {
    if (caret.current === undefined) return
    area.current?.setSelectionRange(caret.current, caret.current)
    caret.current = undefined
  }, [value])
  const suggest = (text: string, at: number, asked = false) => {
    const completion = complete(text, at, words, asked)
    setOpen(completion === undefined ? undefined : { completion, active: 0 })
  }
  const take = (suggestion: Suggestion) => {
    if (open === undefined) return
    const next = accept(value, open.completion, suggestion)
    caret.current = next.caret
    setOpen(undefined)
    onChange(next.text)
    area.current?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault()
      suggest(value, area.current?.selectionStart ?? 0, true)
      return
    }
    const next = open === undefined ? undefined : keyed(event.key, open)
    if (next === undefined) return
    event.preventDefault()
    if (next.act === 'take') take(next.suggestion)
    else setOpen(next.act === 'close' ? undefined : { completion: next.completion, active: next.active })
  }
  return (
    <div class="field sentinel-cel">
      <label for={id}>{w.condition()}</label>
      <textarea
        ref={area}
        id={id}
        class="mono"
        rows={Math.min(12, Math.max(3, value.split('\n').length + 1))}
        maxLength={MOST}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={open === undefined ? undefined : `${id}-list`}
        aria-activedescendant={open === undefined ? undefined : `${id}-${open.active}`}
        aria-invalid={problem === undefined ? undefined : true}
        aria-describedby={`${id}-hint${problem === undefined ? '' : ` ${id}-error`}`}
        value={value}
        onInput={(event) => {
          const { value: text, selectionStart } = event.currentTarget
          onChange(text)
          suggest(text, selectionStart)
        }}
        onKeyDown={onKey}
        onBlur={() => setOpen(undefined)}
      />
      {open !== undefined && (
        <Suggestions id={id} suggestions={open.completion.suggestions} active={open.active} onTake={take} />
      )}
      <p class="visually-hidden" aria-live="polite">
        {open === undefined ? '' : w.suggestionCount({ n: open.completion.suggestions.length })}
      </p>
      {problem !== undefined && (
        <Mistake id={`${id}-error`} text={value} problem={problem} onGo={() => goTo(area.current, problem)} />
      )}
      <p class="hint" id={`${id}-hint`}>
        {w.celHint()} {w.lengthLeft({ n: value.length })}
      </p>
    </div>
  )
}

type Open = { completion: Completion; active: number }
type Keyed = { act: 'take'; suggestion: Suggestion } | { act: 'close' } | ({ act: 'move' } & Open)

/** What a key does while suggestions are shown; undefined: what it does anyway. */
function keyed(key: string, { completion, active }: Open): Keyed | undefined {
  const { suggestions } = completion
  const count = suggestions.length
  const chosen = suggestions[active]
  if (key === 'Escape') return { act: 'close' }
  if (key === 'ArrowDown') return { act: 'move', completion, active: (active + 1) % count }
  if (key === 'ArrowUp') return { act: 'move', completion, active: (active + count - 1) % count }
  if ((key === 'Enter' || key === 'Tab') && chosen !== undefined) return { act: 'take', suggestion: chosen }
  if (key === 'ArrowLeft' || key === 'ArrowRight') return { act: 'close' }
  return undefined
}

function goTo(area: HTMLTextAreaElement | null, { position }: Place): void {
  area?.focus()
  area?.setSelectionRange(position, position)
}

/** The line with a mark under the place. */
function Mistake({ id, text, problem, onGo }: { id: string; text: string; problem: Place; onGo(): void }): VNode {
  const { text: line, at } = lineAt(text, problem)
  return (
    <div class="error sentinel-mistake" id={id}>
      <p>
        {w.place({ line: problem.line, column: problem.column })}: <SaidText {...explain(problem.message)} />{' '}
        <Button kind="quiet" onClick={onGo}>
          {w.goThere()}
        </Button>
      </p>
      <pre aria-hidden="true">
        {line.slice(0, at)}
        <mark>{line.slice(at, at + 1) || ' '}</mark>
        {line.slice(at + 1)}
      </pre>
    </div>
  )
}
