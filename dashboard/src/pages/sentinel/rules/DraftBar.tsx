/** How a draft stands to the set in force: what it would change, publishing it whole, or throwing it away. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ApiProblem } from '../../../api/Client.ts'
import { Button } from '../../../ui/Button.tsx'
import { confirmDialog } from '../../../ui/Confirm.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { SaidText } from '../../../ui/SaidText.tsx'
import { toast } from '../../../ui/Toast.tsx'
import type { Whose } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { Changes } from './Changes.tsx'
import { ConflictView } from './ConflictView.tsx'
import { isSame } from './Draft.ts'
import { changes, rebased } from './Merge.ts'
import { Problems } from './Problems.tsx'
import type { Editing } from './useDraft.ts'
import { w } from './words.ts'

type Props = { whose: Whose; editing: Editing; reload(): void }

export function DraftBar({ editing, reload }: Props): VNode {
  const { set, draft, conflict, isChanged, edit, discard } = editing
  const [isOpen, setOpen] = useState(false)
  if (conflict !== undefined) {
    return (
      <ConflictView
        draft={draft}
        now={set}
        conflict={conflict}
        onKeep={(keep) => edit((before) => rebased(before, set, keep, Date.now()))}
        onDiscard={discard}
      />
    )
  }
  const changed = changes(draft.from.rules, draft.rules)
  const count = changed.length + (isSame(draft.from.breaker, draft.breaker) ? 0 : 1)
  const throwAway = async () => {
    const isSure = await confirmDialog({
      title: w.discardTitle(),
      text: w.discardText(),
      confirm: w.discard(),
      danger: true,
    })
    if (!isSure) return
    discard()
    toast(w.discarded(), { undo: async () => edit(() => draft) })
  }
  return (
    <>
      {isChanged && (
        <section class="sentinel-draft" aria-label={w.draftBar()}>
          <p>{w.draftText({ n: count })}</p>
          <div class="actions">
            <Button kind="primary" onClick={() => setOpen(true)}>
              {w.see()}
            </Button>
            <Button onClick={throwAway}>{w.discard()}</Button>
          </div>
        </section>
      )}
      {!isChanged && set.onItsWay && <Notice tone="info">{w.onItsWay({ n: set.revision })}</Notice>}
      {isOpen && <Publish editing={editing} reload={reload} onClose={() => setOpen(false)} />}
    </>
  )
}

type PublishProps = { editing: Editing; reload(): void; onClose(): void }

function Publish({ editing, reload, onClose }: PublishProps): VNode {
  const { draft, publish } = editing
  const [problem, setProblem] = useState<ApiProblem>()
  const send = async () => {
    setProblem(undefined)
    try {
      const set = await publish()
      toast(w.published({ n: set.revision }), { kind: 'good' })
      onClose()
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (error.code !== 'precondition_failed') {
        setProblem(error)
        return
      }
      toast(w.moved())
      onClose()
      reload()
    }
  }
  return (
    <Dialog
      open
      wide
      title={w.publishTitle()}
      onClose={onClose}
      actions={
        <>
          <Button kind="primary" onClick={send}>
            {w.publish()}
          </Button>
          <Button onClick={onClose}>{shared.cancel()}</Button>
        </>
      }
    >
      <p>{w.publishText({ n: draft.from.revision })}</p>
      {problem !== undefined && (
        <Notice tone="bad">
          <p>{w.refused()}</p>
          <Problems problems={problem.errors} rules={draft.rules} otherwise={<SaidText {...problem.said} />} />
        </Notice>
      )}
      <Changes changes={changes(draft.from.rules, draft.rules)} breaker={[draft.from.breaker, draft.breaker]} />
    </Dialog>
  )
}
