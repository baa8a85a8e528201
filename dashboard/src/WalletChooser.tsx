/** Which wallet to use. */
import { tell } from './ui/Toast.tsx'
import { Dialog } from './ui/Dialog.tsx'
import { asking, connect, type Wallet, wallets } from './Wallet.ts'
import { signInWords as w } from './words.ts'

/** Asked when something has to be signed and no wallet is in use; once on the page. */
export function WalletChooser() {
  const open = asking.value
  if (open === undefined) return null
  const choose = (wallet: Wallet) => connect(wallet.uuid).then(open.done, tell)
  return (
    <Dialog open title={w.choose()} onClose={open.cancel}>
      <WalletList onChoose={(wallet) => void choose(wallet)} />
    </Dialog>
  )
}

/** Wallets announce what they like: an icon may be missing, be no text, or point anywhere. */
const isPicture = (icon: unknown): icon is string => typeof icon === 'string' && /^data:image\//i.test(icon)

export function WalletList({ onChoose, disabled = false }: { onChoose: (wallet: Wallet) => void; disabled?: boolean }) {
  if (wallets.value.length === 0) {
    return (
      <div class="notice warn">
        <p class="title">{w.noWallet()}</p>
        <p>{w.noWalletText()}</p>
      </div>
    )
  }
  return (
    <ul class="wallets">
      {wallets.value.map((wallet) => (
        <li key={wallet.uuid}>
          <button type="button" class="button wallet" disabled={disabled} onClick={() => onChoose(wallet)}>
            {isPicture(wallet.icon) && <img src={wallet.icon} alt="" width={24} height={24} />}
            <span>{w.with({ wallet: wallet.name })}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
