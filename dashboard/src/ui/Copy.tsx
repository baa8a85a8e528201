import { Button } from './Button.tsx'
import { Icon } from './Icon.tsx'
import { toast } from './Toast.tsx'
import { uiWords as w } from './words.ts'

/** Copies a text. `label` says what it is: "address", "API key". */
export function Copy({ text, label }: { text: string; label: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      throw new Error(w.notCopied())
    }
    toast(w.copied(), { kind: 'good' })
  }
  return (
    <Button kind="quiet" label={w.copy({ what: label })} onClick={copy}>
      <Icon name="copy" />
    </Button>
  )
}
