/** Has a rule rest for a key. A rule of the platform needs the wallet. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoad } from '../../../api/Load.ts'
import { mode } from '../../../Session.ts'
import { Form } from '../../../ui/Form.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Whose } from '../Whose.ts'
import { w } from './words.ts'

const TIMES = ['3600', '86400', '604800'] as const
/** No rule can be called so. */
const PLATFORM = '$platform'

export function Adding({ whose, session, onDone }: { whose: Whose; session: string; onDone(): void }): VNode {
  const { data: set } = useLoad((signal) => Calls.getRules(whose, signal), [whose.provider, mode.value])
  const [chosen, setChosen] = useState<string>()
  const [named, setNamed] = useState('')
  const [seconds, setSeconds] = useState<(typeof TIMES)[number]>('3600')
  const [isMissing, setMissing] = useState(false)
  const own = whose.provider === undefined
  const options = [
    ...(set?.rules ?? []).map(({ id }) => ({ value: id, label: id })),
    ...(own ? [{ value: PLATFORM, label: w.ofPlatform() }] : []),
  ]
  const value = chosen ?? options[0]?.value ?? ''
  const isPlatform = value === PLATFORM
  const add = async () => {
    const rule = isPlatform ? named.trim() : value
    setMissing(rule === '')
    if (rule === '') return
    const wish = { session, rule, seconds: Number(seconds) }
    await Calls.snooze(whose, isPlatform ? { ...wish, of: 'platform' } : wish)
    toast(w.done({ rule }))
    onDone()
  }
  const names = { '3600': w.hour(), '86400': w.day(), '604800': w.week() }
  return (
    <Form onSubmit={add} submit={w.add()} disabled={options.length === 0}>
      <Select label={w.rule()} value={value} options={options} onChange={setChosen} />
      {isPlatform && (
        <TextInput
          label={w.rule()}
          hint={w.platformHint()}
          mono
          maxLength={64}
          error={isMissing ? w.needed() : undefined}
          value={named}
          onChange={setNamed}
        />
      )}
      <Select
        label={w.time()}
        value={seconds}
        options={TIMES.map((each) => ({ value: each, label: names[each] }))}
        onChange={setSeconds}
      />
    </Form>
  )
}
