/** The terms of one payer: given, changed, taken away. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { isAddress } from '../../format/Address.ts'
import { Button } from '../../ui/Button.tsx'
import { confirmDialog } from '../../ui/Confirm.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import type { Customer } from './Customers.tsx'
import { w } from './words.ts'

type Props = { provider: string; customer: Customer | undefined; onClose: () => void; onSaved: () => void }

export function TermsDialog({ provider, customer, onClose, onSaved }: Props) {
  const [payer, setPayer] = useState(customer?.payer ?? '')
  const [level, setLevel] = useState(customer?.level ?? '')
  const [multiplier, setMultiplier] = useState(customer?.multiplier ?? '')
  const path = { id: provider, payer: payer.trim() }
  const isWrong = payer.trim() !== '' && !isAddress(payer.trim())
  const save = async () => {
    if (!isAddress(path.payer)) throw new Error(w.notAddress())
    const body = { level: orNull(level), multiplier: orNull(multiplier) }
    const match = customer === undefined ? {} : { 'If-Match': `"${customer.revision}"` }
    await confirmed((headers) =>
      data(api.PUT('/providers/{id}/customers/{payer}', { params: { path }, headers: { ...headers, ...match }, body })),
    )
    toast(w.saved(), { kind: 'good' })
    onSaved()
  }
  const remove = async () => {
    const text = w.removeText({ payer: path.payer })
    if (!(await confirmDialog({ title: w.remove(), text, confirm: w.remove(), danger: true }))) return
    await confirmed((headers) => data(api.DELETE('/providers/{id}/customers/{payer}', { params: { path }, headers })))
    toast(w.removed())
    onSaved()
  }
  return (
    <Dialog open title={customer === undefined ? w.add() : w.edit()} onClose={onClose}>
      <Form
        submit={w.save()}
        onSubmit={save}
        beside={
          customer === undefined ? (
            <Button onClick={onClose}>{w.cancel()}</Button>
          ) : (
            <Button kind="danger" onClick={remove}>
              {w.remove()}
            </Button>
          )
        }
      >
        <TextInput
          label={w.payer()}
          hint={w.payerHint()}
          error={isWrong ? w.notAddress() : undefined}
          required
          mono
          disabled={customer !== undefined}
          value={payer}
          onChange={setPayer}
        />
        <TextInput
          label={w.level()}
          hint={w.levelHint()}
          name="level"
          maxLength={64}
          placeholder="vip1"
          value={level}
          onChange={setLevel}
        />
        <TextInput
          label={w.multiplier()}
          hint={w.multiplierHint()}
          name="multiplier"
          placeholder="0.9"
          value={multiplier}
          onChange={setMultiplier}
        />
      </Form>
    </Dialog>
  )
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim()
}
