/** Where the money goes: another address needs the wallet, and waits for 24 hours in which it can be cancelled. */
import { useState } from 'preact/hooks'
import { isAddress } from '../../format/Address.ts'
import { formatTime } from '../../format/Time.ts'
import {
  Address,
  Button,
  confirmDialog,
  Countdown,
  Facts,
  Form,
  Notice,
  Section,
  TextInput,
  toast,
} from '../../ui/index.ts'
import { closing } from './Closing.ts'
import * as Calls from './Provider.ts'
import type { Parts } from './ProviderPage.tsx'
import { w } from './providerWords.ts'

const WAIT_MS = 86_400_000

export function PayoutSection({ row, etag, reload }: Parts) {
  return (
    <Section title={w.payout()} hint={w.payoutHint()}>
      <Facts items={[[w.payoutNow(), <Address value={row.payTo} />]]} />
      {row.pendingPayout !== null && <Pending row={row} etag={etag} reload={reload} pending={row.pendingPayout} />}
      <Change row={row} etag={etag} reload={reload} />
    </Section>
  )
}

function Pending({ row, etag, reload, pending }: Parts & { pending: NonNullable<Calls.Provider['pendingPayout']> }) {
  const cancel = async () => {
    await Calls.cancelPayout(row.id, etag)
    toast(w.payoutCancelled(), { kind: 'good' })
    reload()
  }
  return (
    <Notice tone="warn">
      <p>{w.pending({ address: pending.payTo, at: formatTime(pending.takesEffectAt) })}</p>
      <p>
        <Countdown until={pending.takesEffectAt} label={w.pendingLeft()} />
      </p>
      <p>{w.pendingNotYou()}</p>
      <div class="actions">
        <Button kind="danger" onClick={cancel}>
          {w.payoutCancel()}
        </Button>
      </div>
    </Notice>
  )
}

function Change({ row, etag, reload }: Parts) {
  const [payTo, setPayTo] = useState('')
  const typed = payTo.trim()
  const isRight = isAddress(typed)
  const isSame = typed.toLowerCase() === row.payTo.toLowerCase()
  const wrong = typed.length >= 42 && !isRight ? w.addressWrong() : isSame ? w.same() : undefined
  const submit = async () => {
    const drain = await Calls.previewPayout(row.id, etag, typed)
    const at = formatTime(Date.now() + WAIT_MS)
    const text = `${w.payoutText({ at, address: typed })} ${closing(drain)}`
    // The last digits are typed again: an address that something else put into the field is noticed.
    const question = { title: w.payoutTitle(), text, confirm: w.payoutDo(), danger: true, typed: typed.slice(-4) }
    if (!(await confirmDialog(question))) return
    await Calls.changePayout(row.id, etag, typed, (drain?.channels ?? 0) > 0)
    toast(w.payoutAsked(), { kind: 'good' })
    reload()
  }
  return (
    <Form onSubmit={submit} submit={w.change()} disabled={!isRight || isSame}>
      <TextInput
        label={w.payoutNew()}
        hint={w.payoutNewHint()}
        error={wrong}
        name="payTo"
        value={payTo}
        onChange={setPayTo}
        placeholder="0x…"
        mono
      />
    </Form>
  )
}
