/** Asked over the page when the session has ended under it: what was being written stays, and what was sent goes on. */
import { useState } from 'preact/hooks'
import { short } from './format/Address.ts'
import { saidOfError } from './said/Said.ts'
import { lapsed, me, signIn } from './Session.ts'
import { Button } from './ui/Button.tsx'
import { Dialog } from './ui/Dialog.tsx'
import { Notice } from './ui/Notice.tsx'
import { SaidText } from './ui/SaidText.tsx'
import { connect, type Wallet } from './Wallet.ts'
import { WalletList } from './WalletChooser.tsx'
import { signInWords as w } from './words.ts'

export function SignInAgain() {
  const open = lapsed.value
  return open === undefined ? null : <Asking leave={open.leave} />
}

function Asking({ leave }: { leave: () => void }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const enter = async (wallet: Wallet) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await connect(wallet.uuid)
      await signIn()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <Dialog open title={w.again()} onClose={leave} actions={<Button onClick={leave}>{w.leave()}</Button>}>
      <p class="prose">{w.againText({ account: short(me.value?.address ?? '') })}</p>
      <WalletList onChoose={(wallet) => void enter(wallet)} disabled={busy} />
      <div role="alert">
        {problem !== undefined && (
          <Notice tone="bad">
            <SaidText {...saidOfError(problem)} />
          </Notice>
        )}
      </div>
    </Dialog>
  )
}
