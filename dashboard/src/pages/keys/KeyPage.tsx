/** One session key: what it may still spend, what holds it, and everything that can be done with it. */
import { useState } from 'preact/hooks'
import { ApiProblem } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { go, Link, pathOf } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import * as Acts from './Acts.ts'
import { Editor } from './Editor.tsx'
import { Held } from './Held.tsx'
import { type Detail, isHeld, statusText, toneOf } from './Key.ts'
import { type Dialogs, KeyActions } from './KeyActions.tsx'
import { KeyFacts } from './KeyFacts.tsx'
import { w } from './keyWords.ts'
import { Limits } from './Limits.tsx'
import { MadeKey } from './MadeKey.tsx'
import { OnChain } from './OnChain.tsx'
import { Register } from './Register.tsx'
import { RevokeDialog } from './Revoke.tsx'
import { RotateDialog, type Rotated } from './Rotate.tsx'
import { UnfreezeDialog } from './Unfreeze.tsx'

const EVERY_MS = 10_000

export default function KeyPage({ params }: { params: Record<string, string> }) {
  const id = params['id'] ?? ''
  const [rotated, setRotated] = useState<Rotated>()
  const { data, error, reload } = useLoad((signal) => Acts.detail(id, signal), [id, mode.value], { everyMs: EVERY_MS })
  if (rotated !== undefined) {
    const { made, graceSeconds } = rotated
    const toKey = () => {
      setRotated(undefined)
      go(pathOf('/keys/:id', { id: made.id }))
    }
    return (
      <>
        <PageHead title={made.name} />
        <MadeKey made={made} sign={made.sign} graceSeconds={graceSeconds} toKey={toKey} />
      </>
    )
  }
  if (data === undefined) {
    if (error === undefined) return <Loading />
    const absent = error instanceof ApiProblem && error.status === 404
    return absent ? <Notice tone="info">{w.notFound()}</Notice> : <Failed error={error} retry={reload} />
  }
  return <Shown opened={data} reload={reload} onRotated={setRotated} />
}

type ShownProps = {
  opened: { data: Detail; etag: string }
  reload: () => void
  onRotated: (rotated: Rotated) => void
}

function Shown({ opened, reload, onRotated }: ShownProps) {
  const row = opened.data
  const [dialog, setDialog] = useState<Dialogs>()
  const close = () => setDialog(undefined)
  const shared = { row, onClose: close, changed: reload }
  return (
    <>
      <PageHead title={row.name}>
        <KeyActions row={row} open={setDialog} changed={reload} />
      </PageHead>
      <p>
        <Badge tone={toneOf(row.status)}>{statusText(row.status)}</Badge> {statusHint(row)}
      </p>
      <Succession row={row} />
      {row.status === 'draft' && <Register row={row} onDone={reload} />}
      <Limits row={row} />
      {row.status !== 'draft' && <Held row={row} />}
      <OnChain row={row} changed={reload} />
      <KeyFacts row={row} />
      {dialog === 'edit' && <Editor opened={opened} onClose={close} changed={reload} />}
      {dialog === 'unfreeze' && <UnfreezeDialog {...shared} />}
      {dialog === 'revoke' && <RevokeDialog {...shared} />}
      {dialog === 'rotate' && <RotateDialog row={row} onClose={close} onRotated={onRotated} />}
    </>
  )
}

function statusHint(row: Detail): string {
  const { status, usage } = row
  switch (status) {
    case 'active':
      return isHeld(row) ? w.statusHeld() : w.statusActive()
    case 'draft':
      return w.statusDraft()
    case 'freezing':
      return w.statusFreezing({ n: usage?.inFlight ?? 0 })
    case 'frozen':
      return w.statusFrozen()
    case 'revoked':
      return w.statusRevoked()
    case 'rotated':
      return w.statusRotated()
    case 'expired':
      return w.statusExpired()
  }
}

/** Which key came before it, which comes after, and how long both serve. */
function Succession({ row: { replaces, replacedBy, graceUntil } }: { row: Detail }) {
  return (
    <>
      {graceUntil !== null && (
        <Notice tone="warn">
          <Countdown until={graceUntil} label={w.graceUntil()} />
        </Notice>
      )}
      {replacedBy !== null && (
        <p>
          <Link to={pathOf('/keys/:id', { id: replacedBy })}>{w.newKey()}</Link>
        </p>
      )}
      {replaces !== null && (
        <p>
          <Link to={pathOf('/keys/:id', { id: replaces })}>{w.oldKey()}</Link>
        </p>
      )}
    </>
  )
}
