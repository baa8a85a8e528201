/** Short messages about what just happened, read out and gone after a while; with an undo they stay longer. */
import { signal } from '@preact/signals'
import { WalletError } from '../Eip1193.ts'
import { type Said, saidOfError } from '../said/Said.ts'
import { Icon } from './Icon.tsx'
import { SaidText } from './SaidText.tsx'
import { uiWords as w } from './words.ts'

type Kind = 'info' | 'good' | 'bad'
type Message = { id: number; said: Said; kind: Kind; undo?: () => Promise<void> }

const messages = signal<Message[]>([])
const SHOWN_MS = 6000
const UNDO_MS = 12_000
let next = 0

export function toast(
  said: string | Said,
  { undo, kind = 'info' }: { undo?: () => Promise<void>; kind?: Kind } = {},
): void {
  const id = next++
  const message = { id, said: typeof said === 'string' ? { text: said } : said, kind }
  messages.value = [...messages.value.slice(-3), { ...message, ...(undo === undefined ? {} : { undo }) }]
  // An error stays until it is put away: who reads slowly, or looked elsewhere, must not miss it.
  if (kind !== 'bad') setTimeout(() => putAway(id), undo === undefined ? SHOWN_MS : UNDO_MS)
}

/** Shows what went wrong. What a person declined in the wallet is no error. */
export function tell(error: unknown): void {
  const declined = error instanceof WalletError && error.reason === 'declined'
  toast(saidOfError(error), { kind: declined ? 'info' : 'bad' })
}

function putAway(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id)
}

async function takeBack({ id, undo }: Message): Promise<void> {
  putAway(id)
  try {
    await undo?.()
    toast(w.undone())
  } catch (error) {
    tell(error)
  }
}

/** The open dialogs, the uppermost last: what lies behind one is inert, so messages appear in it. */
export const dialogs = signal<readonly string[]>([])

/** Where they appear: on the page, and in every dialog, of which only the uppermost shows them. */
export function Toasts({ dialog }: { dialog?: string }) {
  if (dialogs.value.at(-1) !== dialog) return null
  return (
    <section class="toasts" role="log" aria-live="polite" aria-label={w.notifications()}>
      {messages.value.map((message) => (
        <div key={message.id} class={`toast ${message.kind}`} role={message.kind === 'bad' ? 'alert' : undefined}>
          <p>
            <SaidText {...message.said} />
          </p>
          {message.undo !== undefined && (
            <button type="button" class="button quiet" onClick={() => void takeBack(message)}>
              {w.undo()}
            </button>
          )}
          <button type="button" class="button quiet bare" aria-label={w.close()} onClick={() => putAway(message.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </section>
  )
}
