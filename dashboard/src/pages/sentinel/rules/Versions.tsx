/** Every text that a rule had, newest first, each with what it changed. */
import type { VNode } from 'preact'
import { usePages } from '../../../api/Load.ts'
import { mode } from '../../../Session.ts'
import { ApiProblem } from '../../../api/Client.ts'
import { Button } from '../../../ui/Button.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Time } from '../../../ui/Time.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Version } from '../Types.ts'
import type { Whose } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { ChangeView } from './Changes.tsx'
import { withoutVersion, withRule } from './Draft.ts'
import type { Editing } from './useDraft.ts'
import { w } from './words.ts'

export function Versions({ whose, id, editing }: { whose: Whose; id: string; editing: Editing }): VNode | null {
  const found = usePages(
    (cursor, signal) => Calls.versions(whose, id, cursor, signal),
    [whose.provider, mode.value, id, editing.set.revision],
  )
  // A rule that was never published has none.
  if (found.error instanceof ApiProblem && found.error.code === 'not_found') return null
  const bringBack = ({ rule }: Version) => {
    editing.edit((draft) => withRule(draft, withoutVersion(rule), Date.now()))
    toast(w.kept())
  }
  return (
    <Section title={w.history()}>
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      <ol class="sentinel-versions">
        {found.items.map((version, i) => (
          <li key={version.rule.version}>
            <details>
              <summary>
                {shared.version({ n: version.rule.version })} · <Time at={version.createdAt} /> ·{' '}
                <span class="mono">{version.author}</span>
              </summary>
              <VersionView version={version} older={found.items[i + 1]} />
              <Button onClick={() => bringBack(version)}>{w.bringBack()}</Button>
            </details>
          </li>
        ))}
      </ol>
      {found.more && <Button onClick={found.loadMore}>{w.older()}</Button>}
    </Section>
  )
}

function VersionView({ version: { rule }, older }: { version: Version; older: Version | undefined }): VNode {
  const before = older === undefined ? undefined : withoutVersion(older.rule)
  return <ChangeView change={{ id: rule.id, before, after: withoutVersion(rule) }} />
}
