/** Lets a key go on: with a reason and, where the payer does it or a signature is asked for, with the wallet. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ApiProblem } from '../../../api/Client.ts'
import { Link } from '../../../Router.ts'
import { Form } from '../../../ui/Form.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Stop } from '../Types.ts'
import type { Whose } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { w } from './words.ts'

const SNOOZES = ['0', '3600', '86400', '604800'] as const

export function Release({ whose, stop, onDone }: { whose: Whose; stop: Stop; onDone(): void }): VNode {
  const isFreeze = stop.kind === 'frozen'
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<(typeof SNOOZES)[number]>('3600')
  const [missing, setMissing] = useState(false)
  const [isOnChain, setOnChain] = useState(false)
  const release = async () => {
    const said = reason.trim()
    setMissing(isFreeze && said === '')
    if (isFreeze && said === '') return
    const snoozeSeconds = Number(seconds)
    try {
      if (isFreeze) await Calls.releaseStop(stop.id, { reason: said, snoozeSeconds })
      else await Calls.confirmStop(stop.id, { ...(said === '' ? {} : { reason: said }), snoozeSeconds })
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'stop_frozen_on_chain') throw error
      setOnChain(true)
      return
    }
    toast(w.released())
    onDone()
  }
  const byWallet = whose.provider === undefined || !isFreeze
  return (
    <Section title={isFreeze ? w.release() : w.confirm()} hint={byWallet ? w.walletHint() : w.noWalletHint()}>
      {isOnChain && <OnChain />}
      <Form onSubmit={release} submit={isFreeze ? w.release() : w.confirm()}>
        <TextInput
          label={shared.reason()}
          hint={isFreeze ? shared.reasonHint() : w.optional()}
          placeholder={w.reasonExample()}
          name="reason"
          required={isFreeze}
          maxLength={500}
          error={missing ? shared.reasonNeeded() : undefined}
          value={reason}
          onChange={setReason}
        />
        <Select
          label={w.snooze()}
          hint={w.snoozeHint()}
          value={seconds}
          options={SNOOZES.map((value) => ({ value, label: snoozeName(value) }))}
          onChange={setSeconds}
        />
      </Form>
    </Section>
  )
}

function snoozeName(seconds: (typeof SNOOZES)[number]): string {
  return { '0': w.notAtAll(), '3600': w.hour(), '86400': w.day(), '604800': w.week() }[seconds]
}

function OnChain(): VNode {
  return (
    <Notice tone="warn">
      <p>
        <strong>{w.onChainTitle()}</strong>
      </p>
      <p>{w.onChainText()}</p>
      <p>
        <Link to="/keys">{w.toKeys()}</Link>
      </p>
    </Notice>
  )
}
