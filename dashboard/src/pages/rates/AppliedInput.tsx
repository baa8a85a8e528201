/** A filter that is typed: asked for when it is whole, by Enter or its button, and not letter by letter. */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { w } from './words.ts'

type Props = { label: string; hint: string; value: string; onApply: (value: string) => void }

export function AppliedInput({ label, hint, value, onApply }: Props) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  return (
    <form
      class="rate-applied"
      onSubmit={(event) => {
        event.preventDefault()
        onApply(text.trim())
      }}
    >
      <TextInput label={label} hint={hint} mono value={text} onChange={setText} />
      <Button type="submit" disabled={text.trim() === value}>
        {w.show()}
      </Button>
    </form>
  )
}
