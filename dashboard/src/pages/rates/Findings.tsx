/** What is wrong with the card that is edited, for every field of the form that wants to know. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { inOneText, saidOf } from '../../said/Said.ts'
import { SaidText } from '../../ui/SaidText.tsx'
import type { Finding } from './Check.ts'
import { w } from './words.ts'

export const Findings = createContext<readonly Finding[]>([])

/** What is said of exactly this place, in words; undefined: nothing. */
export function useFinding(path: string): string | undefined {
  const found = useContext(Findings).filter((finding) => finding.path === path)
  return found.length === 0 ? undefined : found.map(({ message }) => inOneText(saidOf(message))).join('; ')
}

/** All of them, each a way to its field. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul class="rate-findings">
      {findings.map(({ path, message, line, column }) => (
        <li key={`${path} ${message}`}>
          <button type="button" class="button quiet" onClick={() => focusOn(path)}>
            <code>{path === '' ? w.card() : path}</code>
          </button>{' '}
          <SaidText {...saidOf(message)} />
          {line === undefined || column === undefined ? '' : ` (${w.place({ line, column })})`}
        </li>
      ))}
    </ul>
  )
}

/** To the field of that place, or of the nearest place around it. */
function focusOn(path: string): void {
  for (let place = path; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const field = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(place)}"]`)
    if (field === null) continue
    field.focus()
    field.scrollIntoView({ block: 'center' })
    return
  }
}
