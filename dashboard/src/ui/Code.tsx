import { defineWords } from '../text.ts'
import { Copy } from './Copy.tsx'

const w = defineWords({ text: { en: 'text', zh: '文本' } })

/** Text to be taken as it stands: an example, a secret, JSON. */
export function Code({ text, label, copy = true }: { text: string; label?: string; copy?: boolean }) {
  return (
    <div class="code">
      <pre tabIndex={0} role="group" aria-label={label ?? w.text()}>
        <code>{text}</code>
      </pre>
      {copy && <Copy text={text} label={label ?? w.text()} />}
    </div>
  )
}
