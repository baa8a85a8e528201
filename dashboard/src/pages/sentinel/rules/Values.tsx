/** The value of a row: money, a share, a whole number, texts, or a list. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { AmountInput } from '../../../ui/AmountInput.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { parseThousandths, showThousandths, type Unit } from '../Features.ts'
import { isComplete, type Row } from './Condition.ts'
import { w } from './words.ts'

type Props = { row: Row; unit: Unit; lists: readonly string[]; onChange(row: Row): void }

export function Values({ row, unit, lists, onChange }: Props): VNode | null {
  const { kind, operator, values } = row
  const [first = ''] = values
  const put = (next: string[]) => onChange({ ...row, values: next })
  if (kind === 'bool') return null
  if (operator === 'in list' || operator === 'not in list') {
    if (lists.length === 0) return <p class="hint">{w.noLists()}</p>
    const options = [...new Set([...lists, ...values])].map((value) => ({ value, label: value }))
    return <Select label={w.list()} value={first} options={options} onChange={(value) => put([value])} />
  }
  if (operator === 'in' || operator === 'not in') return <Several row={row} unit={unit} onChange={put} />
  if (kind === 'string') {
    return (
      <TextInput
        label={w.value()}
        maxLength={256}
        value={first}
        error={isComplete(row) ? undefined : w.textNeeded()}
        onChange={(value) => put([value])}
      />
    )
  }
  if (unit === 'money' && !first.startsWith('-')) {
    return (
      <AmountInput
        label={w.value()}
        value={/^[0-9]+$/.test(first) ? BigInt(first) : undefined}
        error={isComplete(row) ? undefined : w.amountNeeded()}
        onChange={(value) => put(value === undefined ? [] : [String(value)])}
      />
    )
  }
  return <Figure unit={unit} value={first} onChange={(value) => put(value === undefined ? [] : [value])} />
}

type FigureProps = { unit: Unit; value: string; onChange(value: string | undefined): void }

/** A whole number, or one with three places that is kept in thousandths. */
function Figure({ unit, value, onChange }: FigureProps): VNode {
  const [typed, setTyped] = useState<string>()
  const read = (text: string) => (unit === 'thousandths' ? parseThousandths(text) : whole(text))
  const shown = typed !== undefined && read(typed) !== value && value !== '' ? undefined : typed
  const isWrong = value === ''
  return (
    <TextInput
      label={w.value()}
      hint={unit === 'thousandths' ? w.thousandths() : undefined}
      error={isWrong ? (unit === 'thousandths' ? w.number3() : w.wholeNumber()) : undefined}
      value={shown ?? show(value, unit)}
      onChange={(text) => {
        setTyped(text)
        onChange(read(text))
      }}
    />
  )
}

function show(value: string, unit: Unit): string {
  return unit === 'thousandths' && /^-?[0-9]+$/.test(value) ? showThousandths(value) : value
}

function whole(text: string): string | undefined {
  const plain = text.normalize('NFKC').replaceAll(',', '').trim()
  return /^-?[0-9]{1,18}$/.test(plain) ? String(BigInt(plain)) : undefined
}

/** Values apart by commas. What is typed stays as it is while the field is edited. */
function Several({ row, unit, onChange }: { row: Row; unit: Unit; onChange(values: string[]): void }): VNode {
  const { kind, values } = row
  const [typed, setTyped] = useState<string>()
  const shown = values.map((value) => (kind === 'int' ? show(value, unit) : value)).join(', ')
  const read = (text: string): string[] => {
    const parts = text
      .split(/[,，]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
    if (kind === 'string') return parts
    const numbers = parts.map((part) => (unit === 'thousandths' ? parseThousandths(part) : whole(part)))
    return numbers.every((number) => number !== undefined) ? numbers : []
  }
  return (
    <TextInput
      label={w.values()}
      maxLength={500}
      error={values.length > 0 ? undefined : kind === 'int' ? w.wholeNumbers() : w.textNeeded()}
      value={typed ?? shown}
      onChange={(text) => {
        setTyped(text)
        onChange(read(text))
      }}
    />
  )
}
