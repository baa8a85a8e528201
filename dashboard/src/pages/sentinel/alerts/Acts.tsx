/** Test, turn off and on, a new secret, delete. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { go } from '../../../Router.ts'
import { Button } from '../../../ui/Button.tsx'
import { confirmDialog } from '../../../ui/Confirm.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Channel } from '../Types.ts'
import { pathOf, type Whose } from '../Whose.ts'
import { Secret } from './Secret.tsx'
import { w } from './words.ts'

type Props = { whose: Whose; channel: Channel; etag: string; onChange(): void; onTested(): void }

export function Acts({ whose, channel, etag, onChange, onTested }: Props): VNode {
  const { id, enabled, confirmed, kind } = channel
  const [secret, setSecret] = useState<string>()
  const test = async () => {
    const { status, error } = await Calls.testChannel(id)
    onTested()
    if (status === 'sent') toast(w.testSent())
    else toast(w.testFailed({ why: error ?? w[status]() }), { kind: 'bad' })
  }
  const turn = async (to: boolean) => {
    // Read anew: what is undone later is undone of the channel as it is then.
    const { etag: latest } = await Calls.channel(id)
    await Calls.editChannel(id, latest, { enabled: to })
    onChange()
  }
  const turnNow = async () => {
    await turn(!enabled)
    toast(enabled ? w.turnedOff() : w.turnedOn(), { undo: () => turn(enabled) })
  }
  const rotate = async () => {
    const question = { title: w.rotateTitle(), text: w.rotateText(), confirm: w.rotate(), danger: true }
    if (!(await confirmDialog(question))) return
    const { secret: made } = await Calls.rotateSecret(id, etag)
    if (made !== null) setSecret(made)
    else onChange()
  }
  const remove = async () => {
    const question = { title: w.deleteTitle(), text: w.deleteText(), confirm: w.delete(), danger: true }
    if (!(await confirmDialog(question))) return
    await Calls.deleteChannel(id)
    toast(w.deleted())
    go(pathOf(whose, 'alerts'))
  }
  return (
    <div class="actions">
      {confirmed && (
        <Button kind="primary" disabled={!enabled} onClick={test}>
          {w.testNow()}
        </Button>
      )}
      {confirmed && <Button onClick={turnNow}>{enabled ? w.turnOff() : w.turnOn()}</Button>}
      {kind === 'webhook' && <Button onClick={rotate}>{w.rotate()}</Button>}
      <Button kind="danger" onClick={remove}>
        {w.delete()}
      </Button>
      {secret !== undefined && (
        <Secret
          secret={secret}
          onClose={() => {
            setSecret(undefined)
            onChange()
          }}
        />
      )}
    </div>
  )
}
