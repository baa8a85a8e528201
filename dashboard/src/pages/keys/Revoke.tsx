/** Stopping a key for good: what happens when, typed to confirm. */
import { useState } from 'preact/hooks'
import { inOneText, saidOfError } from '../../said/Said.ts'
import { Button } from '../../ui/Button.tsx'
import { Checkbox } from '../../ui/Checkbox.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from './Acts.ts'
import { can, type Detail } from './Key.ts'
import { actWords as w } from './keyWords.ts'

type Props = { row: Detail; onClose: () => void; changed: () => void }

export function RevokeDialog({ row, onClose, changed }: Props) {
  const { id, name, onChain } = row
  const [typed, setTyped] = useState('')
  const registered = onChain !== null && onChain.revokedAt === 0
  const [also, setAlso] = useState(registered)
  const submit = async () => {
    // Stopped here before anybody is asked for anything: a key that was stolen spends while a wallet is being unlocked.
    await Acts.revoke(id)
    changed()
    onClose()
    if (registered && also) await alsoOnChain(id, name)
    else toast(w.revoked({ name }), { kind: 'good' })
    changed()
  }
  return (
    <Dialog open title={w.revokeTitle({ name })} onClose={onClose}>
      <Form
        onSubmit={submit}
        submit={w.revoke()}
        kind="danger"
        disabled={typed.trim().toLowerCase() !== w.revokeWord()}
        beside={<Button onClick={onClose}>{w.cancel()}</Button>}
      >
        <p class="prose">{w.revokeText()}</p>
        {can(row, 'freeze') && <p class="hint">{w.revokeFreeze()}</p>}
        {registered && <Checkbox label={w.revokeChain()} hint={w.revokeChainHint()} value={also} onChange={setAlso} />}
        <TextInput label={w.typeWord({ word: w.revokeWord() })} value={typed} mono onChange={setTyped} />
      </Form>
    </Dialog>
  )
}

async function alsoOnChain(id: string, name: string): Promise<void> {
  try {
    await Acts.revoke(id, await Acts.signForChain(id, 'revoke'))
    toast(w.revoked({ name }), { kind: 'good' })
  } catch (error) {
    toast(w.revokedHereOnly({ name, why: inOneText(saidOfError(error)) }), { kind: 'bad' })
  }
}
