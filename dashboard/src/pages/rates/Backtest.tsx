/** How good forecasts of this route would have been, beside repeating the last day or week. */
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { formatNumber } from '../../format/Number.ts'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Time } from '../../ui/Time.tsx'
import type { Route } from './Cards.ts'
import type { Asked } from './ForecastChart.ts'
import { w } from './words.ts'

type Accuracy = NonNullable<components['schemas']['Backtest']['mean']>

export function Backtest({ route, asked: { metric, step, unit } }: { route: Route; asked: Asked }) {
  const {
    data: tested,
    error,
    reload,
  } = useLoad(
    (signal) => {
      const query = { metric, step, ...(unit === undefined ? {} : { unit }) }
      return data(api.GET('/routes/{id}/forecast/backtest', { params: { path: { id: route.id }, query }, signal }))
    },
    [route.id, metric, step, unit],
  )
  if (tested === undefined) return error === undefined ? <Loading /> : <Failed error={error} retry={reload} />
  const { mean, folds, needs, history } = tested
  if (mean === null) return <p class="hint">{w.backtestNeeds({ needs, values: history.values })}</p>
  const better =
    mean.mase !== null && mean.naive.mase !== null ? mean.mase < mean.naive.mase : mean.smape < mean.naive.smape
  return (
    <>
      <Notice tone={better ? 'good' : 'warn'}>{better ? w.backtestBetter() : w.backtestWorse()}</Notice>
      <div class="rate-scroll" role="region" aria-label={w.backtest()} tabIndex={0}>
        <table class="rate-backtest">
          <caption class="visually-hidden">{w.backtest()}</caption>
          <thead>
            <tr>
              <th scope="col">{w.forecastAt()}</th>
              <th scope="col">MASE</th>
              <th scope="col">{w.naiveMase()}</th>
              <th scope="col">sMAPE</th>
              <th scope="col">{w.naiveSmape()}</th>
              <th scope="col">{w.coverage()}</th>
            </tr>
          </thead>
          <tbody>
            {folds.map(({ at, ...accuracy }) => (
              <tr key={at}>
                <th scope="row">
                  <Time at={at} />
                </th>
                <Figures accuracy={accuracy} />
              </tr>
            ))}
            <tr class="total">
              <th scope="row">{w.mean()}</th>
              <Figures accuracy={mean} />
            </tr>
          </tbody>
        </table>
      </div>
    </>
  )
}

function Figures({ accuracy: { mase, smape, naive, coverage } }: { accuracy: Accuracy }) {
  const said = coverage.map(({ level, share }) => `${Math.round(level * 100)} %: ${Math.round(share * 100)} %`)
  return (
    <>
      <td class="number">{figure(mase)}</td>
      <td class="number">{figure(naive.mase)}</td>
      <td class="number">{figure(smape)}</td>
      <td class="number">{figure(naive.smape)}</td>
      <td class="number">{said.join(' · ')}</td>
    </>
  )
}

function figure(value: number | null): string {
  return value === null ? '–' : formatNumber(value, 3)
}
