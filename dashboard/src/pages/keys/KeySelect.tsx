/** Chooses one of the wallet's keys, as a filter of a list. */
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { mode } from '../../Session.ts'
import { Select } from '../../ui/Select.tsx'

type Props = {
  label: string
  /** The words for no choice. */
  all: string
  /** The id of a key, or the session of one that is not managed here. */
  value: string | undefined
  onChange: (value: string | undefined) => void
}

/** The newest hundred. One that is chosen by the address and not among them stays in the list. */
export function KeySelect({ label, all, value, onChange }: Props) {
  const query = { limit: 100 }
  const keys = useLoad((signal) => data(api.GET('/session-keys', { params: { query }, signal })), [mode.value])
  const known = (keys.data?.data ?? []).map(({ id, name, key }) => ({ value: id, label: `${name} · ${short(key)}` }))
  const other = value !== undefined && !known.some((each) => each.value === value)
  const options = [{ value: '', label: all }, ...known, ...(other ? [{ value, label: short(value) }] : [])]
  return (
    <Select
      label={label}
      value={value ?? ''}
      options={options}
      onChange={(chosen) => onChange(chosen === '' ? undefined : chosen)}
    />
  )
}
