/** `/p/:provider`: how the business goes. */
import { useMemo } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { formatAmount } from '../../format/Money.ts'
import { formatNumber } from '../../format/Number.ts'
import { useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { locale } from '../../text.ts'
import { Chart } from '../../ui/Chart.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Section } from '../../ui/Section.tsx'
import { FirstSteps } from './FirstSteps.tsx'
import { Numbers } from './Numbers.tsx'
import { type Period, periodOf } from './Period.ts'
import { PeriodPicker } from './PeriodPicker.tsx'
import { TopRoutes } from './TopRoutes.tsx'
import { w } from './words.ts'

type Revenue = components['schemas']['ProviderRevenue']

export default function Overview({ params: { provider = '' } }: { params: Record<string, string> }) {
  const [filter, setFilter] = useFilter(['period', 'from', 'to'])
  const period = periodOf(filter, Date.now())
  const { from, to, step } = period
  const id = { path: { id: provider } }
  const loaded = useLoad(
    async (signal) => {
      const query = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
      const [who, summary, revenue] = await Promise.all([
        data(api.GET('/providers/{id}', { params: id, signal })),
        data(api.GET('/providers/{id}/summary', { params: { ...id, query }, signal })),
        data(api.GET('/providers/{id}/revenue', { params: { ...id, query: { ...query, step } }, signal })),
      ])
      return { who, summary, revenue }
    },
    [provider, mode.value, from, to, step],
    { everyMs: 30_000 },
  )
  const { data: shown, error, reload } = loaded
  if (shown === undefined) {
    return (
      <>
        <PageHead title={w.overview()}>
          <PeriodPicker filter={filter} onChange={setFilter} />
        </PageHead>
        {error === undefined ? <Loading /> : <Failed error={error} retry={reload} />}
      </>
    )
  }
  const { who, summary, revenue } = shown
  const isNew = summary.requests === 0 && summary.previous.requests === 0
  return (
    <>
      <PageHead title={who.name} text={w.overview()}>
        <PeriodPicker filter={filter} onChange={setFilter} />
      </PageHead>
      {error === undefined ? null : <Failed error={error} retry={reload} />}
      {isNew ? <FirstSteps provider={provider} challenges={summary.challenges} /> : null}
      <Numbers summary={summary} period={period} />
      {isNew ? null : (
        <>
          <RevenueChart revenue={revenue} period={period} />
          <Section title={w.topRoutes()}>
            <TopRoutes provider={provider} routes={summary.topRoutes} total={summary.revenue} />
          </Section>
        </>
      )}
    </>
  )
}

function RevenueChart({ revenue, period: { step } }: { revenue: Revenue; period: Period }) {
  const drawn = useMemo(() => {
    const { points } = revenue
    return {
      x: points.map(({ at }) => Date.parse(at)),
      // For drawing only: what is owed is in the numbers above, exactly.
      money: [{ label: w.revenue(), values: points.map((point) => Number(point.revenue)) }],
      calls: [
        { label: w.paid(), values: points.map(({ requests }) => requests) },
        { label: w.challenges(), values: points.map(({ challenges }) => challenges) },
      ],
    }
  }, [revenue, locale.value])
  const title = step === 'hour' ? w.byHour() : w.byDay()
  return (
    <>
      <Chart
        title={`${w.revenue()} ${title}`}
        unit="USDC"
        x={drawn.x}
        series={drawn.money}
        format={(value) => formatAmount(BigInt(Math.round(value)))}
      />
      <Chart
        title={`${w.calls()} ${title}`}
        unit=""
        x={drawn.x}
        series={drawn.calls}
        format={(value) => formatNumber(value, 0)}
        height={160}
      />
    </>
  )
}
