/** A filter that is typed: asked for when the field is left or Enter is pressed, not with each letter. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { TextInput } from './TextInput.tsx'

type Props = { label: string; value: string; mono?: boolean; onDone(value: string | undefined): void }

export function TypedFilter({ label, value, mono = false, onDone }: Props): VNode {
  const [typed, setTyped] = useState<string>()
  const done = () => {
    if (typed === undefined) return
    setTyped(undefined)
    if (typed.trim() !== value) onDone(typed.trim() || undefined)
  }
  return (
    <div onFocusOut={done} onKeyDown={(event) => event.key === 'Enter' && done()}>
      <TextInput label={label} mono={mono} value={typed ?? value} onChange={setTyped} />
    </div>
  )
}
