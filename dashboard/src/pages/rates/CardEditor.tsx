/** The editor of a rate card: form, JSON and price beside each other. Loaded when it is to be seen, and core with it. */
import type * as Rate from '@pbstream/core/Rate'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Section } from '../../ui/Section.tsx'
import { CardForm } from './CardForm.tsx'
import { check, type Finding } from './Check.ts'
import type { Draft } from './Draft.ts'
import { type Editing, ofDraft, ofText } from './Editing.ts'
import { FindingList, Findings } from './Findings.tsx'
import { JsonSide } from './JsonSide.tsx'
import type { OracleChoice } from './NamedLists.tsx'
import { PreviewPanel } from './PreviewPanel.tsx'
import { w } from './words.ts'

/** `card` is undefined while something is wrong. */
export type Written = { draft: Draft; card: Rate.Card | undefined }

type Props = { start: Draft; oracles: readonly OracleChoice[]; onWrite: (written: Written) => void }

export default function CardEditor({ start, oracles, onWrite }: Props) {
  const [editing, setEditing] = useState<Editing>(() => ofDraft(start))
  const { draft, text, problem } = editing
  const { card, findings } = useMemo(() => check(draft), [draft])
  // JSON that cannot be read is no card, though the form still shows the last one.
  const isRead = problem === undefined
  useEffect(() => onWrite({ draft, card: isRead ? card : undefined }), [draft, card, isRead])
  return (
    <Findings.Provider value={findings}>
      <div class="rate-editor">
        <CardForm draft={draft} oracles={oracles} onChange={(next) => setEditing(ofDraft(next))} />
        <div class="rate-side">
          <Section title={w.preview()} hint={w.previewHint()}>
            <PreviewPanel card={card} />
          </Section>
          <details class="rate-part" open>
            <summary>JSON</summary>
            <JsonSide text={text} problem={problem} onChange={(next) => setEditing(ofText(next, draft))} />
          </details>
        </div>
      </div>
      <Wrong findings={findings} />
    </Findings.Provider>
  )
}

/** What has to be put right before the card can be published. */
function Wrong({ findings }: { findings: readonly Finding[] }) {
  return (
    <div aria-live="polite">
      {findings.length === 0 ? null : (
        <Section title={w.wrong({ n: findings.length })}>
          <FindingList findings={findings} />
        </Section>
      )}
    </div>
  )
}
