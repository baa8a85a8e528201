/** How long payers who withdraw have to wait. Another delay closes the channels that there are: that is said first. */
import { useState } from 'preact/hooks'
import { duration } from '../../format/Time.ts'
import { confirmDialog, Form, NumberInput, Section, toast } from '../../ui/index.ts'
import { closing } from './Closing.ts'
import * as Calls from './Provider.ts'
import type { Parts } from './ProviderPage.tsx'
import { w } from './providerWords.ts'

/** Of the contracts, in minutes. */
const MIN = 15
const MAX = 43_200

export function DelaySection({ row, etag, reload }: Parts) {
  const { withdrawDelay } = row
  const [minutes, setMinutes] = useState(withdrawDelay === null ? undefined : withdrawDelay / 60)
  const wanted = minutes === undefined ? null : Math.round(minutes * 60)
  const submit = async () => {
    const drain = await Calls.previewDelay(row.id, etag, wanted)
    const question = { title: w.delayTitle(), text: closing(drain), confirm: w.delayDo(), danger: true }
    if (!(await confirmDialog(question))) return
    const closes = (drain?.channels ?? 0) > 0
    await Calls.edit(row.id, etag, { withdrawDelay: wanted, ...(closes ? { confirmDrain: true } : {}) })
    toast(w.delayDone(), { kind: 'good' })
    reload()
  }
  return (
    <Section title={w.delay()} hint={w.delayHint()}>
      <p>{w.delayNow({ delay: withdrawDelay === null ? w.asChain() : duration(withdrawDelay) })}</p>
      <Form onSubmit={submit} submit={w.change()} disabled={wanted === withdrawDelay}>
        <NumberInput
          label={w.delayMinutes()}
          hint={w.delayRange()}
          name="withdrawDelay"
          value={minutes}
          onChange={setMinutes}
          min={MIN}
          max={MAX}
          unit={w.minutes()}
        />
      </Form>
    </Section>
  )
}
