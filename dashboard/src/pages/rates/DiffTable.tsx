/** What is different between two cards, line by line. */
import type { Draft } from './Draft.ts'
import { changes } from './Describe.ts'
import { w } from './words.ts'

type Props = { before: Draft | null; after: Draft | null; caption: string }

export function DiffTable({ before, after, caption }: Props) {
  const found = changes(before, after)
  if (found.length === 0) return <p class="hint">{w.noChange()}</p>
  return (
    <div class="rate-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table class="rate-diff">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{w.what()}</th>
            <th scope="col">{w.before()}</th>
            <th scope="col">{w.after()}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((change) => (
            <tr key={change.key}>
              <th scope="row">{change.label}</th>
              <td>{change.before === undefined ? <span class="muted">–</span> : <del>{change.before}</del>}</td>
              <td>{change.after === undefined ? <span class="muted">–</span> : <ins>{change.after}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
