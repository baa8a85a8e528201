/** What differs between two sets, rule by rule. Whatever people wrote is shown as text. */
import type { VNode } from 'preact'
import { Badge } from '../../../ui/Badge.tsx'
import type { MoneyBreaker } from '../Types.ts'
import { breakerMembers, budgetName, budgetValue } from '../breakers/Members.ts'
import { membersOf, type Member, words } from './Diff.ts'
import { isSame } from './Draft.ts'
import type { Change } from './Merge.ts'
import { memberName, memberValue } from './Members.ts'
import { w } from './words.ts'

type Props = { changes: readonly Change[]; breaker?: readonly [MoneyBreaker | null, MoneyBreaker | null] }

export function Changes({ changes, breaker }: Props): VNode {
  const [before, after] = breaker ?? [null, null]
  const isBreaker = !isSame(before, after)
  if (changes.length === 0 && !isBreaker) return <p>{w.same()}</p>
  return (
    <div class="sentinel-changes">
      {changes.map((change) => (
        <ChangeView key={change.id} change={change} />
      ))}
      {isBreaker && (
        <article>
          <h3>{w.budget()}</h3>
          <Members members={breakerMembers(before, after)} nameOf={budgetName} valueOf={budgetValue} />
        </article>
      )}
    </div>
  )
}

export function ChangeView({ change: { id, before, after } }: { change: Change }): VNode {
  const [tone, said] =
    before === undefined
      ? (['good', w.added()] as const)
      : after === undefined
        ? (['bad', w.gone()] as const)
        : (['info', w.changed()] as const)
  return (
    <article>
      <h3>
        <span class="mono">{id}</span> <Badge tone={tone}>{said}</Badge>
      </h3>
      {after === undefined ? (
        <p>{before?.name}</p>
      ) : (
        <Members members={membersOf(before, after)} nameOf={memberName} valueOf={memberValue} />
      )}
    </article>
  )
}

type MembersProps = {
  members: readonly Member[]
  nameOf(name: string): string
  valueOf(name: string, value: string): string
}

export function Members({ members, nameOf, valueOf }: MembersProps): VNode {
  if (members.length === 0) return <p>{w.same()}</p>
  return (
    <div class="sentinel-scroll" tabIndex={0} role="group" aria-label={w.changed()}>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">{w.member()}</th>
            <th scope="col">{w.before()}</th>
            <th scope="col">{w.after()}</th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">{nameOf(name)}</th>
              {name === 'when' && before !== undefined && after !== undefined ? (
                <td colSpan={2}>
                  <ConditionDiff before={before} after={after} />
                </td>
              ) : (
                <>
                  <td>{before === undefined ? w.nothing() : <del>{valueOf(name, before)}</del>}</td>
                  <td>{after === undefined ? w.nothing() : <ins>{valueOf(name, after)}</ins>}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Word by word; `del` and `ins` are told by screen readers and seen without colour. */
function ConditionDiff({ before, after }: { before: string; after: string }): VNode {
  return (
    <code class="sentinel-diff">
      {words(before, after).map(({ kind, text }, i) => {
        if (kind === 'gone') return <del key={i}>{text}</del>
        return kind === 'new' ? <ins key={i}>{text}</ins> : <span key={i}>{text}</span>
      })}
    </code>
  )
}
