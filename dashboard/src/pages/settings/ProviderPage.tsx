/** The terms of a provider: name, when it is paid, where to, and what changes of those are still doing. */
import { useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import {
  AmountInput,
  confirmDialog,
  Failed,
  Form,
  Loading,
  NumberInput,
  PageHead,
  Section,
  Switch,
  tell,
  TextInput,
  toast,
} from '../../ui/index.ts'
import { DelaySection } from './DelaySection.tsx'
import { Drains } from './Drains.tsx'
import { Incidents } from './Incidents.tsx'
import { PayoutSection } from './PayoutSection.tsx'
import * as Calls from './Provider.ts'
import { w } from './providerWords.ts'

export type Parts = { row: Calls.Provider; etag: string; reload: () => void }

export default function ProviderPage({ params }: { params: Record<string, string> }) {
  const { provider = '' } = params
  const found = useLoad((signal) => Calls.provider(provider, signal), [provider])
  const shown = found.data
  return (
    <>
      <PageHead title={w.title()} />
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      {shown === undefined && found.error === undefined && <Loading />}
      {shown !== undefined && <Terms key={shown.etag} row={shown.data} etag={shown.etag} reload={found.reload} />}
      <Incidents provider={provider} />
    </>
  )
}

function Terms(parts: Parts) {
  return (
    <>
      <Section title={w.basics()}>
        <Selling {...parts} />
        <Basics {...parts} />
      </Section>
      <PayoutSection {...parts} />
      <DelaySection {...parts} />
      <Drains provider={parts.row.id} />
    </>
  )
}

function Selling({ row: { id, name, enabled }, etag, reload }: Parts) {
  const turn = async (on: boolean) => {
    const question = { title: w.offTitle(), text: w.offText({ name }), confirm: w.off(), danger: true }
    if (!on && !(await confirmDialog(question))) return reload()
    const { etag: next } = await Calls.edit(id, etag, { enabled: on })
    reload()
    const undo = async () => {
      await Calls.edit(id, next, { enabled: !on })
      reload()
    }
    toast(on ? w.onToast({ name }) : w.offToast({ name }), { undo })
  }
  return <Switch label={w.on()} hint={w.onHint()} value={enabled} onChange={(on) => void turn(on).catch(tell)} />
}

const MINUTE_MS = 60_000

function Basics({ row, etag, reload }: Parts) {
  const { settlement } = row
  const [name, setName] = useState(row.name)
  const [amount, setAmount] = useState(settlement.amount === null ? undefined : BigInt(settlement.amount))
  const [minutes, setMinutes] = useState(settlement.ageMs === null ? undefined : settlement.ageMs / MINUTE_MS)
  const submit = async () => {
    const policy = {
      amount: amount === undefined ? null : String(amount),
      ageMs: minutes === undefined ? null : Math.round(minutes * MINUTE_MS),
    }
    const { etag: next } = await Calls.edit(row.id, etag, { name: name.trim(), settlement: policy })
    reload()
    const undo = async () => {
      await Calls.edit(row.id, next, { name: row.name, settlement })
      reload()
    }
    toast(w.saved(), { kind: 'good', undo })
  }
  return (
    <Form onSubmit={submit} submit={w.save()} disabled={name.trim() === ''}>
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        name="name"
        value={name}
        onChange={setName}
        maxLength={100}
        required
      />
      <fieldset>
        <legend>{w.policy()}</legend>
        <AmountInput
          label={w.amount()}
          hint={w.amountHint()}
          name="settlement.amount"
          value={amount}
          onChange={setAmount}
          placeholder="10.00"
        />
        <NumberInput
          label={w.age()}
          hint={w.ageHint()}
          name="settlement.ageMs"
          value={minutes}
          onChange={setMinutes}
          min={10}
          max={1440}
          unit={w.minutes()}
        />
      </fieldset>
    </Form>
  )
}
