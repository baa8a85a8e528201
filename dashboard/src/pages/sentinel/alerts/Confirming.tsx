/** Confirms an address by the code that was sent there. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { Form } from '../../../ui/Form.tsx'
import { Section } from '../../../ui/Section.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Channel } from '../Types.ts'
import { whereOf } from './AlertsPage.tsx'
import { w } from './words.ts'

export function Confirming({ channel, onDone }: { channel: Channel; onDone(): void }): VNode {
  const [code, setCode] = useState('')
  const [isMissing, setMissing] = useState(false)
  const send = async () => {
    const { status, error } = await Calls.testChannel(channel.id)
    if (status === 'dead') toast(w.testFailed({ why: error ?? w.dead() }), { kind: 'bad' })
    else toast(w.codeSent({ to: whereOf(channel) }))
  }
  const confirm = async () => {
    setMissing(code.trim() === '')
    if (code.trim() === '') return
    await Calls.confirmChannel(channel.id, code.trim())
    toast(w.confirmed())
    onDone()
  }
  return (
    <Section title={w.confirmTitle()} hint={w.confirmText()}>
      <Form onSubmit={confirm} submit={w.confirm()} beside={<Button onClick={send}>{w.sendCode()}</Button>}>
        <TextInput
          label={w.code()}
          name="code"
          autoComplete="one-time-code"
          maxLength={64}
          mono
          error={isMissing ? w.codeNeeded() : undefined}
          value={code}
          onChange={setCode}
        />
      </Form>
    </Section>
  )
}
