/**
 * A wallet that lives in the page, for the local chain only: it announces itself by EIP-6963 and holds a key that the
 * local system made, so that a person can pay in the browser without installing anything.
 *
 * Runs in the browser; `WalletSite` bundles it and puts `demoWalletKey` in front.
 */
import { type Hex, type TypedDataDefinition, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

declare const demoWalletKey: Hex
declare const demoWalletChainId: number

type Request = { method: string; params?: unknown[] }
type ProviderError = Error & { code: number }

const account = privateKeyToAccount(demoWalletKey)
let connected = false

const provider = {
  async request({ method, params = [] }: Request): Promise<unknown> {
    switch (method) {
      case 'eth_chainId':
        return numberToHex(demoWalletChainId)
      case 'eth_accounts':
        return connected ? [account.address] : []
      case 'eth_requestAccounts':
        if (!connected && !(await ask('Connect', [`Account ${account.address}`]))) throw rejected()
        connected = true
        return [account.address]
      case 'eth_signTypedData_v4':
        return sign(params[1])
      case 'wallet_switchEthereumChain':
        return null
      default:
        throw failure(4200, `The demo wallet does not know ${method}.`)
    }
  },
  on() {},
  removeListener() {},
}

async function sign(json: unknown): Promise<Hex> {
  const { domain, types, primaryType, message } = JSON.parse(String(json)) as TypedDataDefinition & {
    types: Record<string, unknown>
    message: Record<string, unknown>
  }
  delete types.EIP712Domain
  const lines = Object.entries(message).map(([name, value]) => `${name}: ${String(value)}`)
  if (!(await ask(`Sign ${String(primaryType)}`, lines))) throw rejected()
  return account.signTypedData({ domain, types, primaryType, message } as TypedDataDefinition)
}

/** Asks in a dialog of the page; resolves to what the person chose. */
function ask(title: string, lines: string[]): Promise<boolean> {
  const dialog = document.createElement('dialog')
  dialog.setAttribute('aria-label', `Demo wallet: ${title}`)
  Object.assign(dialog.style, {
    font: '14px/1.5 system-ui',
    borderRadius: '10px',
    border: '1px solid #8886',
    padding: '20px',
  })
  const heading = document.createElement('h2')
  heading.textContent = `Demo wallet · ${title}`
  Object.assign(heading.style, { font: '600 16px system-ui', margin: '0 0 8px' })
  const list = document.createElement('pre')
  list.textContent = lines.join('\n')
  Object.assign(list.style, { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxWidth: '44ch' })
  const note = document.createElement('p')
  note.textContent = 'Local chain only: this money is play money.'
  const yes = button('Confirm')
  const no = button('Cancel')
  dialog.append(heading, list, note, yes, no)
  document.body.append(dialog)
  return new Promise((resolve) => {
    yes.onclick = () => dialog.close('yes')
    no.onclick = () => dialog.close('no')
    dialog.onclose = () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    }
    dialog.showModal()
    yes.focus()
  })
}

function button(label: string): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = label
  Object.assign(element.style, { font: 'inherit', padding: '6px 14px', marginRight: '8px' })
  return element
}

function failure(code: number, message: string): ProviderError {
  return Object.assign(new Error(message), { code })
}

/** EIP-1193: the person said no. */
function rejected(): ProviderError {
  return failure(4001, 'You declined in the demo wallet.')
}

const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='8' fill='%230a7'/></svg>"
const info = { uuid: crypto.randomUUID(), name: 'Demo wallet', icon, rdns: 'dev.pbstream.demo' }
const detail = Object.freeze({ info: Object.freeze(info), provider })
const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
window.addEventListener('eip6963:requestProvider', announce)
announce()
