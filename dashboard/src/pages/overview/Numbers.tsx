/** The numbers of the period, each beside that of the period before. */
import type { components } from '../../api/Schema.d.ts'
import { formatNumber, formatShare } from '../../format/Number.ts'
import { duration } from '../../format/Time.ts'
import { Money } from '../../ui/Money.tsx'
import { Stat, Stats } from '../../ui/Stat.tsx'
import { changeOf, type Period } from './Period.ts'
import { w } from './words.ts'

type Summary = components['schemas']['ProviderSummary']

export function Numbers({ summary, period }: { summary: Summary; period: Period }) {
  const { previous, settlementLagMs: lag } = summary
  const days = Math.round((period.to - period.from) / 86_400_000)
  return (
    <section aria-label={w.numbers()}>
      <Stats>
        <Stat
          label={w.revenue()}
          value={<Money atomic={summary.revenue} />}
          hint={against(BigInt(summary.revenue), BigInt(previous.revenue))}
        />
        <Stat
          label={w.paid()}
          value={formatNumber(summary.requests)}
          hint={against(BigInt(summary.requests), BigInt(previous.requests))}
        />
        <Stat label={w.rate402()} value={formatShare(unpaid(summary.paidRate))} hint={rateHint(summary)} />
        <Stat label={w.lag()} value={lagText(lag.p50)} hint={w.lagHint({ longest: lagText(lag.max) })} />
        <Stat label={w.unsettled()} value={<Money atomic={summary.unsettled} />} hint={w.unsettledHint()} />
      </Stats>
      <p class="hint">{w.comparison({ n: days })}</p>
    </section>
  )
}

function rateHint({ challenges, previous }: Summary): string {
  const before = unpaid(previous.paidRate)
  return before === null
    ? w.rate402Only({ count: challenges })
    : w.rate402Hint({ count: challenges, before: formatShare(before) })
}

/** The share of calls that were answered 402. */
function unpaid(paidRate: number | null): number | null {
  return paidRate === null ? null : 1 - paidRate
}

function against(now: bigint, before: bigint): string {
  const change = changeOf(now, before)
  if (change === undefined) return w.noneBefore()
  if (change === 0) return w.asBefore()
  return change > 0 ? w.more({ share: formatShare(change / 1000) }) : w.less({ share: formatShare(-change / 1000) })
}

function lagText(ms: number | null): string {
  return ms === null ? '–' : duration(ms / 1000)
}
