/** The card as JSON, to read, to paste and to write. */
import { useId } from 'preact/hooks'
import { inOneText, saidOf } from '../../said/Said.ts'
import { Copy } from '../../ui/Copy.tsx'
import type { Editing } from './Editing.ts'
import { w } from './words.ts'

type Props = { text: string; problem: Editing['problem']; onChange: (text: string) => void }

export function JsonSide({ text, problem, onChange }: Props) {
  const id = useId()
  return (
    <div class="rate-json">
      <label for={id} class="visually-hidden">
        {w.cardAsJson()}
      </label>
      <textarea
        id={id}
        class="mono"
        rows={Math.min(40, Math.max(12, text.split('\n').length + 1))}
        spellcheck={false}
        autoComplete="off"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-said`}
        value={text}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <p id={`${id}-said`} class={problem === undefined ? 'hint' : 'error'} aria-live="polite">
        {problem === undefined ? w.jsonHint() : said(problem)}
      </p>
      <Copy text={text} label={w.copyJson()} />
    </div>
  )
}

function said({ message, path, line }: NonNullable<Editing['problem']>): string {
  if (message === 'syntax') return line === undefined ? w.jsonBroken() : w.jsonBrokenAt({ line })
  return w.jsonNoCard({ path: path === undefined || path === '' ? '/' : path, message: inOneText(saidOf(message)) })
}
