/** Stands in the place of any page until somebody is signed in; the page itself comes after. */
import { useState } from 'preact/hooks'
import { WalletError } from '../Eip1193.ts'
import { saidOfError } from '../said/Said.ts'
import { signIn } from '../Session.ts'
import { Notice } from '../ui/Notice.tsx'
import { PageHead } from '../ui/PageHead.tsx'
import { SaidText } from '../ui/SaidText.tsx'
import { connect, type Wallet } from '../Wallet.ts'
import { WalletList } from '../WalletChooser.tsx'
import { signInWords as w } from '../words.ts'

export function SignIn() {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Error>()
  const enter = async (wallet: Wallet) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await connect(wallet.uuid)
      await signIn()
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)))
    } finally {
      setBusy(false)
    }
  }
  const declined = problem instanceof WalletError && problem.reason === 'declined'
  return (
    <div class="sign-in">
      <PageHead title={w.title()} />
      <p class="lead">{w.text()}</p>
      <WalletList onChoose={(wallet) => void enter(wallet)} disabled={busy} />
      <div role="status">{busy && <p class="loading">{w.waiting()}</p>}</div>
      <div role="alert">
        {problem !== undefined && (
          <Notice tone={declined ? 'info' : 'bad'}>
            <SaidText {...saidOfError(problem)} />
          </Notice>
        )}
      </div>
      <p class="hint">{w.details()}</p>
      <p class="hint">{w.after()}</p>
    </div>
  )
}
