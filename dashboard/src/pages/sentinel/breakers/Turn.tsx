/** Opens or closes a breaker by hand, with a reason. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { reasonOf } from '../../../said/Said.ts'
import { Dialog } from '../../../ui/Dialog.tsx'
import { Form } from '../../../ui/Form.tsx'
import { Button } from '../../../ui/Button.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { w as shared } from '../words.ts'
import { subjectName } from './Subject.ts'
import { w } from './words.ts'

export type Turning = { subject: string; act: 'open' | 'close'; cause?: string | null }

export function Turn({ turning, onClose, onDone }: { turning: Turning; onClose(): void; onDone(): void }): VNode {
  const { subject, act, cause } = turning
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const send = async () => {
    const said = reason.trim()
    setMissing(said === '')
    if (said === '') return
    await (act === 'open' ? Calls.openBreaker(subject, said) : Calls.closeBreaker(subject, said))
    toast(act === 'open' ? w.opened() : w.wasClosed())
    onDone()
  }
  const values = { subject: subjectName(subject) }
  return (
    <Dialog open title={act === 'open' ? w.openTitle() : w.closeTitle()} onClose={onClose}>
      <p>{act === 'open' ? w.openWarning(values) : w.closeWarning(values)}</p>
      {act === 'close' && typeof cause === 'string' && (
        <p>
          {w.cause()}: {reasonOf(cause)}
        </p>
      )}
      <Form
        onSubmit={send}
        submit={act === 'open' ? w.openTitle() : w.closeTitle()}
        kind={act === 'open' ? 'danger' : 'primary'}
        beside={<Button onClick={onClose}>{shared.cancel()}</Button>}
      >
        <TextInput
          label={shared.reason()}
          hint={shared.reasonHint()}
          name="reason"
          required
          maxLength={500}
          error={missing ? shared.reasonNeeded() : undefined}
          value={reason}
          onChange={setReason}
        />
      </Form>
    </Dialog>
  )
}
