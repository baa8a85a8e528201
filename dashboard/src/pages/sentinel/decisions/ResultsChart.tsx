/** How often each rule decided, or in shadow would have, by day. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { formatNumber } from '../../../format/Number.ts'
import { useFilter } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Chart } from '../../../ui/Chart.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Select } from '../../../ui/Select.tsx'
import * as Calls from '../Calls.ts'
import type { Whose } from '../Whose.ts'
import { chartOf, type Line } from './Results.ts'
import { w } from './words.ts'

const DAYS = ['7', '30', '90'] as const
const DAY_MS = 86_400_000

/** `rule`: of this one only. */
export function ResultsChart({ whose, rule }: { whose: Whose; rule?: string }): VNode {
  const [asked, set] = useFilter(['days'])
  const days = DAYS.find((each) => each === asked.days) ?? '7'
  const { data, error, reload } = useLoad(
    async (signal) => {
      const since = new Date(Date.now() - Number(days) * DAY_MS).toISOString()
      const results = await Calls.results(whose, { since }, signal)
      const counted = results.data.filter((each) => rule === undefined || each.rule === rule)
      return chartOf(counted, results.since, results.until)
    },
    [whose.provider, mode.value, days, rule],
  )
  return (
    <Section
      title={rule === undefined ? w.chart() : w.ofRule()}
      hint={rule === undefined ? w.chartHint() : w.ofRuleHint()}
    >
      <Select
        label={w.days()}
        value={days}
        options={DAYS.map((value) => ({ value, label: w.lastDays({ n: Number(value) }) }))}
        onChange={(value) => set({ days: value === '7' ? undefined : value })}
      />
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && data.lines.length === 0 && <p class="hint">{w.noResults()}</p>}
      {data !== undefined && data.lines.length > 0 && (
        <Chart
          title={rule === undefined ? w.chart() : w.ofRule()}
          unit={w.calls()}
          x={data.days}
          series={data.lines.map((line) => ({ label: labelOf(line), values: line.values }))}
          format={formatNumber}
        />
      )}
    </Section>
  )
}

function labelOf({ rule, isShadow }: Line): string {
  if (rule === undefined) return w.others()
  return isShadow ? w.inShadow({ rule }) : rule
}
