/** How much a new key may spend, and when. */
import { AmountInput } from '../../ui/AmountInput.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Select } from '../../ui/Select.tsx'
import { Switch } from '../../ui/Switch.tsx'
import { TimeInput } from '../../ui/TimeInput.tsx'
import type { Draft } from './Draft.ts'
import type { Fields } from './NewForm.tsx'
import { EXPIRIES, PERIODS, perPeriod } from './Period.ts'
import { w } from './newWords.ts'
import { periodWords } from './words.ts'

export function LimitFields(fields: Fields) {
  return (
    <>
      <Section title={w.limits()}>
        <AmountFields {...fields} />
      </Section>
      <Times {...fields} />
    </>
  )
}

/** The periods to choose from; one that was set elsewhere stays in the list. */
export function periodOptions(now: number): { value: string; label: string }[] {
  const lengths = PERIODS.map(({ seconds }): number => seconds)
  const all = now === 0 || lengths.includes(now) ? lengths : [...lengths, now]
  return [
    { value: '0', label: w.noPeriod() },
    ...all.map((seconds) => ({ value: String(seconds), label: perPeriod(seconds) })),
  ]
}

/** Total, period, and one payment: of a new key and of one that is edited. */
export function AmountFields({ draft, errors, set }: Fields) {
  return (
    <>
      <AmountInput
        label={w.spendCap()}
        hint={w.spendCapHint()}
        name="spendCap"
        value={draft.spendCap}
        error={errors.spendCap}
        onChange={(spendCap) => set({ spendCap })}
      />
      <Select
        label={w.period()}
        hint={w.periodHint()}
        name="periodDuration"
        value={String(draft.periodDuration)}
        options={periodOptions(draft.periodDuration)}
        onChange={(value) => set({ periodDuration: Number(value) })}
      />
      {draft.periodDuration > 0 && (
        <AmountInput
          label={w.periodAmount()}
          name="periodAmount"
          value={draft.periodAmount}
          error={errors.periodAmount}
          onChange={(periodAmount) => set({ periodAmount })}
        />
      )}
      <Switch
        label={w.limitPayment()}
        hint={w.limitPaymentHint()}
        value={draft.limitPayment}
        onChange={(limitPayment) => set({ limitPayment })}
      />
      {draft.limitPayment && (
        <AmountInput
          label={w.perPaymentMax()}
          name="perPaymentMax"
          value={draft.perPaymentMax}
          error={errors.perPaymentMax}
          onChange={(perPaymentMax) => set({ perPaymentMax })}
        />
      )}
    </>
  )
}

const OWN = 'own'

function Times({ draft, errors, set }: Fields) {
  const { expiry } = draft
  const chosen = 'after' in expiry ? String(expiry.after) : OWN
  const known = EXPIRIES.map(({ seconds, name }) => ({ value: String(seconds), label: periodWords[name]() }))
  const other = 'after' in expiry && !known.some(({ value }) => value === chosen)
  const options = [
    ...known,
    ...(other ? [{ value: chosen, label: w.asBefore() }] : []),
    { value: OWN, label: w.ownTime() },
  ]
  const choose = (value: string) =>
    set({
      expiry: value === OWN ? { at: Date.now() + 7 * 86_400_000 } : { after: Number(value) },
    } satisfies Partial<Draft>)
  return (
    <Section title={w.when()}>
      <Select
        label={w.start()}
        value={draft.start === undefined ? 'now' : 'later'}
        options={[
          { value: 'now', label: w.atOnce() },
          { value: 'later', label: w.later() },
        ]}
        onChange={(value) => set({ start: value === 'now' ? undefined : Date.now() + 3_600_000 })}
      />
      {draft.start !== undefined && (
        <TimeInput
          label={w.startTime()}
          name="start"
          value={draft.start}
          error={errors.start}
          onChange={(start) => start !== undefined && set({ start })}
        />
      )}
      <Select label={w.expiry()} value={chosen} options={options} onChange={choose} />
      {'at' in expiry && (
        <TimeInput
          label={w.expiryTime()}
          name="expiry"
          value={expiry.at}
          error={errors.expiry}
          onChange={(at) => set({ expiry: { at } })}
        />
      )}
    </Section>
  )
}
