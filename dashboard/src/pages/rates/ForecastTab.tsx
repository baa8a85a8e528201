/** What a route will be used for and earn, with intervals, and how good such forecasts were. */
import { useMemo } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { formatNumber } from '../../format/Number.ts'
import { useFilter } from '../../Router.ts'
import { locale } from '../../text.ts'
import { Chart } from '../../ui/Chart.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Section } from '../../ui/Section.tsx'
import { Select } from '../../ui/Select.tsx'
import { AppliedInput } from './AppliedInput.tsx'
import { Backtest } from './Backtest.tsx'
import type { Route } from './Cards.ts'
import { type Asked, askedOf, forecastChart, isMoney } from './ForecastChart.ts'
import { w } from './words.ts'

export function ForecastTab({ route }: { route: Route }) {
  const [filter, setFilter] = useFilter(['metric', 'step', 'unit', 'level'])
  const asked = askedOf(filter)
  const { metric, step, unit, level } = asked
  return (
    <>
      <div class="rate-row">
        <Select
          label={w.forecastOf()}
          value={metric}
          options={[
            { value: 'usage', label: w.usage() },
            { value: 'revenue', label: w.revenue() },
            { value: 'price', label: w.meanPrice() },
          ]}
          onChange={(value) => setFilter({ metric: value })}
        />
        <Select
          label={w.step()}
          value={step}
          options={[
            { value: 'hour', label: w.nextHours() },
            { value: 'day', label: w.nextDays() },
          ]}
          onChange={(value) => setFilter({ step: value })}
        />
        <Select
          label={w.interval()}
          value={String(level)}
          options={[
            { value: '0.8', label: '80 %' },
            { value: '0.95', label: '95 %' },
          ]}
          onChange={(value) => setFilter({ level: value })}
        />
        {metric === 'revenue' ? null : (
          <AppliedInput
            label={w.countedUnit()}
            hint={w.countedUnitHint()}
            value={unit ?? ''}
            onApply={(value) => setFilter({ unit: value })}
          />
        )}
      </div>
      <Ahead route={route} asked={asked} />
      <Section title={w.backtest()} hint={w.backtestHint()}>
        <Backtest route={route} asked={asked} />
      </Section>
    </>
  )
}

function Ahead({ route, asked }: { route: Route; asked: Asked }) {
  const { metric, step, unit, level } = asked
  const {
    data: forecast,
    error,
    reload,
  } = useLoad(
    (signal) => {
      const query = { metric, step, ...(unit === undefined ? {} : { unit }) }
      return data(api.GET('/routes/{id}/forecast', { params: { path: { id: route.id }, query }, signal }))
    },
    [route.id, metric, step, unit],
  )
  const drawn = useMemo(() => forecastChart(forecast?.points ?? [], level, w.likely()), [forecast, level, locale.value])
  if (forecast === undefined) return error === undefined ? <Loading /> : <Failed error={error} retry={reload} />
  const { points, models, origins, history } = forecast
  if (points.length === 0) return <Empty title={w.noForecast()} text={w.noForecastText()} />
  const used = models.filter(({ weight }) => weight >= 0.01).toSorted((a, b) => b.weight - a.weight)
  return (
    <>
      <Chart
        title={w.forecastTitle({ level: String(Math.round(level * 100)) })}
        unit={isMoney(metric) ? 'USDC' : (unit ?? w.calls())}
        {...drawn}
        format={(value: number) => (isMoney(metric) ? formatNumber(value / 1e6, 6) : formatNumber(value, 1))}
      />
      <p class="hint">
        {w.forecastFrom({ values: history.values, origins })}{' '}
        {used.map(({ name, weight }) => `${name} ${Math.round(weight * 100)} %`).join(', ')}
      </p>
    </>
  )
}
