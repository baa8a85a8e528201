/** Making a provider: a name, who is paid, and terms that most leave as they are. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { isAddress } from '../../format/Address.ts'
import { me } from '../../Session.ts'
import { AmountInput } from '../../ui/AmountInput.tsx'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { NumberInput } from '../../ui/NumberInput.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import { toNew } from './ProviderDraft.ts'
import { w } from './words.ts'

type Props = { onClose: () => void; onCreated: (id: string) => void }

export function NewProvider({ onClose, onCreated }: Props) {
  const [name, setName] = useState('')
  const [payTo, setPayTo] = useState<string>(me.value?.address ?? '')
  const [delayHours, setDelayHours] = useState<number>()
  const [settleAmount, setSettleAmount] = useState<bigint>()
  const [settleMinutes, setSettleMinutes] = useState<number>()
  const isStrange = payTo.trim() !== '' && !isAddress(payTo.trim())
  const isOutside = settleAmount !== undefined && (settleAmount < 1_000_000n || settleAmount > 1_000_000_000n)
  const submit = async () => {
    const body = toNew({ name, payTo, delayHours, settleAmount, settleMinutes })
    const { id } = await confirmed((headers) => data(api.POST('/providers', { headers, body })))
    toast(w.created(), { kind: 'good' })
    onCreated(id)
  }
  return (
    <Dialog open title={w.newProvider()} onClose={onClose}>
      <Form
        submit={w.create()}
        onSubmit={submit}
        disabled={isStrange || isOutside}
        beside={<Button onClick={onClose}>{w.cancel()}</Button>}
      >
        <TextInput
          label={w.name()}
          hint={w.nameHint()}
          name="name"
          required
          maxLength={100}
          value={name}
          onChange={setName}
        />
        <TextInput
          label={w.payTo()}
          hint={w.payToHint()}
          name="payTo"
          error={isStrange ? w.notAddress() : undefined}
          required
          mono
          value={payTo}
          onChange={setPayTo}
        />
        <details>
          <summary>{w.terms()}</summary>
          <p class="hint">{w.termsHint()}</p>
          <NumberInput
            label={w.withdrawDelay()}
            hint={w.withdrawDelayHint()}
            name="withdrawDelay"
            min={0.25}
            max={720}
            whole={false}
            unit={w.hours()}
            value={delayHours}
            onChange={setDelayHours}
          />
          <AmountInput
            label={w.settleAmount()}
            hint={w.settleAmountHint()}
            name="settlement.amount"
            error={isOutside ? w.settleAmountWrong() : undefined}
            value={settleAmount}
            onChange={setSettleAmount}
          />
          <NumberInput
            label={w.settleAge()}
            hint={w.settleAgeHint()}
            name="settlement.ageMs"
            min={10}
            max={1440}
            unit={w.minutes()}
            value={settleMinutes}
            onChange={setSettleMinutes}
          />
        </details>
      </Form>
    </Dialog>
  )
}
