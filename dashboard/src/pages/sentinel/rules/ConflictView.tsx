/** Somebody published while a draft was written: what they changed, and what is to count where both changed one thing. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { confirmDialog } from '../../../ui/Confirm.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Section } from '../../../ui/Section.tsx'
import type { Ruleset } from '../Types.ts'
import { Changes, ChangeView } from './Changes.tsx'
import type { Draft } from './Draft.ts'
import type { Clash, Conflict } from './Merge.ts'
import { w } from './words.ts'

type Props = {
  draft: Draft
  now: Ruleset
  conflict: Conflict
  onKeep(keep: ReadonlySet<string | undefined>): void
  onDiscard(): void
}

export function ConflictView({ draft, now, conflict, onKeep, onDiscard }: Props): VNode {
  const { theirs, clashes } = conflict
  const [lost, setLost] = useState<ReadonlySet<string | undefined>>(new Set())
  const keep = new Set(clashes.map(({ id }) => id).filter((id) => !lost.has(id)))
  const choose = (id: string | undefined, isMine: boolean) => {
    const next = new Set(lost)
    if (isMine) next.delete(id)
    else next.add(id)
    setLost(next)
  }
  const discard = async () => {
    const question = { title: w.discardTitle(), text: w.discardText(), confirm: w.takeTheirs(), danger: true }
    if (await confirmDialog(question)) onDiscard()
  }
  return (
    <Section title={w.conflictTitle()}>
      <Notice tone="warn">{w.conflictText({ from: draft.from.revision, now: now.revision })}</Notice>
      <Changes changes={theirs} breaker={[draft.from.breaker, now.breaker]} />
      {clashes.length > 0 && (
        <>
          <h3>{w.clashTitle()}</h3>
          {clashes.map((clash) => (
            <ClashView
              key={clash.id ?? ''}
              clash={clash}
              isMine={keep.has(clash.id)}
              onChoose={(isMine) => choose(clash.id, isMine)}
            />
          ))}
        </>
      )}
      <div class="actions">
        <Button kind="primary" onClick={() => onKeep(keep)}>
          {w.putOnTop()}
        </Button>
        <Button onClick={discard}>{w.takeTheirs()}</Button>
      </div>
    </Section>
  )
}

type ClashProps = { clash: Clash; isMine: boolean; onChoose(isMine: boolean): void }

function ClashView({ clash: { id, mine, theirs }, isMine, onChoose }: ClashProps): VNode {
  const name = `clash-${id ?? 'budget'}`
  return (
    <fieldset class="sentinel-clash">
      <legend>{id ?? w.budget()}</legend>
      {id !== undefined && <ChangeView change={{ id, before: theirs, after: mine }} />}
      <label>
        <input type="radio" name={name} checked={isMine} onChange={() => onChoose(true)} /> {w.mine()}
      </label>
      <label>
        <input type="radio" name={name} checked={!isMine} onChange={() => onChoose(false)} /> {w.theirs()}
      </label>
    </fieldset>
  )
}
