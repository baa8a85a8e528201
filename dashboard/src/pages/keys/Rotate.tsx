/** Another key in the place of one: the new one first, then the old one's grace. */
import { useRef, useState } from 'preact/hooks'
import { formatAmount } from '../../format/Money.ts'
import { AmountInput } from '../../ui/AmountInput.tsx'
import { Button } from '../../ui/Button.tsx'
import { Checkbox } from '../../ui/Checkbox.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { NumberInput } from '../../ui/NumberInput.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import * as Acts from './Acts.ts'
import { Choice } from './Choice.tsx'
import type { Detail, Made } from './Key.ts'
import { actWords as w } from './keyWords.ts'
import { w as newWords } from './newWords.ts'

export type Rotated = { made: Made; graceSeconds: number }
type Props = { row: Detail; onClose: () => void; onRotated: (rotated: Rotated) => void }

const MAX_GRACE_S = 600

/** What is used of the old key as far as anybody knows: at the edge, and in the escrow. Atomic units. */
export function usedOf({ usage, onChain }: Pick<Detail, 'usage' | 'onChain'>): bigint {
  const edge = usage === null ? 0n : BigInt(usage.spent) + BigInt(usage.reserved)
  const chain = onChain === null ? 0n : BigInt(onChain.usage)
  return edge > chain ? edge : chain
}

export function RotateDialog({ row, onClose, onRotated }: Props) {
  const [maker, setMaker] = useState<'own' | 'service'>('service')
  const [key, setKey] = useState('')
  const [name, setName] = useState(row.name)
  const [grace, setGrace] = useState<number | undefined>(60)
  const [cap, setCap] = useState<bigint>()
  const [strict, setStrict] = useState(false)
  const request = useRef({ body: '', key: '' })
  const used = usedOf(row)
  const submit = async () => {
    const graceSeconds = grace ?? 60
    const body = {
      ...(maker === 'own' ? { key: key.trim() } : { make: 'service' as const }),
      name: name.trim(),
      expectedUsage: (strict ? used : BigInt(row.spendCap)).toString(),
      graceSeconds,
      ...(cap === undefined ? {} : { spendCap: cap.toString() }),
    }
    // The same form again is the same rotation, also after an answer that was lost.
    const said = JSON.stringify(body)
    if (request.current.body !== said) request.current = { body: said, key: crypto.randomUUID() }
    onRotated({ made: await Acts.rotate(row.id, body, { 'Idempotency-Key': request.current.key }), graceSeconds })
  }
  const left = `${formatAmount(row.usage?.left ?? '0')} USDC`
  return (
    <Dialog open wide title={w.rotateTitle({ name: row.name })} onClose={onClose}>
      <Form onSubmit={submit} submit={w.rotate()} beside={<Button onClick={onClose}>{w.cancel()}</Button>}>
        <p class="prose">{w.rotateText()}</p>
        {row.contract === 'escrow' && <p class="prose">{w.rotateEscrow()}</p>}
        <TextInput label={w.rotateName()} name="name" value={name} maxLength={100} onChange={setName} />
        <Choice
          label={newWords.maker()}
          value={maker}
          options={[
            { value: 'own', label: newWords.own(), hint: newWords.ownHint() },
            { value: 'service', label: newWords.service(), hint: newWords.serviceHint() },
          ]}
          onChange={setMaker}
        />
        {maker === 'own' && <TextInput label={newWords.keyAddress()} name="key" value={key} mono onChange={setKey} />}
        <NumberInput
          label={w.grace()}
          hint={w.graceHint()}
          name="graceSeconds"
          value={grace}
          min={0}
          max={MAX_GRACE_S}
          unit="s"
          onChange={setGrace}
        />
        <AmountInput label={w.newCap()} hint={w.newCapHint({ left })} name="spendCap" value={cap} onChange={setCap} />
        <Checkbox
          label={w.strict()}
          hint={w.strictHint({ used: `${formatAmount(used)} USDC` })}
          value={strict}
          onChange={setStrict}
        />
      </Form>
    </Dialog>
  )
}
