import { short } from '../format/Address.ts'
import { defineWords } from '../text.ts'
import { Copy } from './Copy.tsx'

const w = defineWords({ address: { en: 'address {value}', zh: '地址 {value}' } })

/** An address or a long id: its ends; whole when pointed at and when copied. */
export function Address({ value, copy = true }: { value: string; copy?: boolean }) {
  return (
    <span class="address">
      <code title={value}>{short(value)}</code>
      {copy && <Copy text={value} label={w.address({ value: short(value) })} />}
    </span>
  )
}
