/** Letting a key go on: what was stopped, why it may go on, and the wallet. */
import { useState } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Select } from '../../ui/Select.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from './Acts.ts'
import { type Detail, isHeld } from './Key.ts'
import { actWords as w } from './keyWords.ts'
import { w as listWords } from './words.ts'

const SNOOZES = [
  { value: '0', label: w.snooze0 },
  { value: '3600', label: w.snooze1 },
  { value: '86400', label: w.snooze2 },
  { value: '604800', label: w.snooze3 },
] as const

type Props = { row: Detail; onClose: () => void; changed: () => void }

export function UnfreezeDialog({ row, onClose, changed }: Props) {
  const [reason, setReason] = useState('')
  const [snooze, setSnooze] = useState('3600')
  const held = isHeld(row)
  const { id, name } = row
  const byProvider = (row.stops ?? []).some((stop) => stop.releasedAt === null && stop.scope.startsWith('provider:'))
  const submit = async () => {
    const said = reason.trim() === '' ? {} : { reason: reason.trim() }
    await Acts.unfreeze(id, held ? { ...said, snoozeSeconds: Number(snooze) } : {})
    toast(listWords.unfrozenToast({ name }), { kind: 'good' })
    changed()
    onClose()
  }
  return (
    <Dialog open title={w.unfreezeTitle({ name })} onClose={onClose}>
      <Form onSubmit={submit} submit={w.unfreeze()} beside={<Button onClick={onClose}>{w.cancel()}</Button>}>
        <p class="prose">{w.unfreezeText()}</p>
        {held && (
          <>
            <Notice tone="warn">{w.unfreezeStops()}</Notice>
            <TextInput
              label={w.reason()}
              hint={w.reasonHint()}
              name="reason"
              value={reason}
              maxLength={500}
              onChange={setReason}
            />
            <Select
              label={w.snooze()}
              value={snooze}
              options={SNOOZES.map(({ value, label }) => ({ value: value as string, label: label() }))}
              onChange={setSnooze}
            />
          </>
        )}
        {byProvider && <p class="hint">{w.unfreezeProvider()}</p>}
      </Form>
    </Dialog>
  )
}
