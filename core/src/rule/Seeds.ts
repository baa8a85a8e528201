/** The rules that every provider begins with. They are written as anybody's are. */
import type { RuleInput } from './Schema.ts'

const base = { version: 1, fail: 'open', group: 'all_match', state: 'enabled' } as const

export const seeds: readonly RuleInput[] = [
  {
    ...base,
    id: 'amount-over-average',
    // Keys that buy cheap and dear things go beyond ten times their average every day: it has to be new, too.
    name: 'One call over ten times the average, and well above any in 30 days',
    when: 'key.calls >= 100 && ratio.average > 10000 && ratio.high > 1500',
    severity: 'high',
    action: 'require_signature',
    priority: 900,
  },
  {
    ...base,
    id: 'calls-a-minute',
    // One key of a busy service makes thousands: to slow a key down is for who knows it, by a rule of their own.
    name: 'More than a hundred calls a minute',
    when: 'count.minute > 100',
    severity: 'medium',
    action: 'alert',
    priority: 800,
  },
  {
    ...base,
    id: 'balance-low',
    name: 'Less than a tenth of the money is left',
    when: 'balance.known && balance.share < 100',
    severity: 'low',
    action: 'alert',
    priority: 100,
  },
  {
    ...base,
    id: 'amount-far-out',
    name: 'An amount more than three deviations from the average, new in 30 days',
    when: 'key.calls >= 30 && (z.amount > 3000 && ratio.high > 1000 || z.amount < -3000)',
    severity: 'low',
    action: 'alert',
    priority: 200,
  },
  {
    ...base,
    id: 'drain',
    name: 'Half of the money within an hour, of a key that is a day old',
    when: 'key.hours >= 24 && balance.known && drain.hour > 500',
    severity: 'high',
    action: 'require_signature',
    priority: 850,
  },
  {
    ...base,
    id: 'new-country',
    name: 'A country that the key was not used from in 30 days',
    when: 'key.calls >= 20 && country != "" && new.country',
    severity: 'medium',
    action: 'alert',
    priority: 300,
  },
  {
    ...base,
    id: 'many-countries',
    name: 'Four countries or more in a day',
    when: 'distinct.countries >= 4',
    severity: 'high',
    action: 'require_signature',
    priority: 700,
  },
  {
    ...base,
    id: 'anomaly',
    name: 'Strange for this key',
    when: 'anomaly.score >= 500',
    severity: 'medium',
    action: 'alert',
    priority: 400,
  },
  {
    ...base,
    id: 'anomaly-drain',
    name: 'Very strange for this key, and much faster than it ever was',
    when: 'anomaly.score >= 600 && anomaly.pace >= 1200',
    severity: 'critical',
    action: 'freeze',
    priority: 1_000,
  },
]

/** Rules to begin one's own with: the seeds, and in the place of one that alerts the form that slows a key down. */
export const templates: readonly RuleInput[] = seeds.map((seed) =>
  seed.id === 'calls-a-minute' ? { ...seed, action: 'throttle', seconds: 60 } : seed,
)
