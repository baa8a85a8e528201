/** What a stated use of a route cost, costs and will cost: every change of the list price. */
import { useMemo } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { formatAmount } from '../../format/Money.ts'
import { useFilter } from '../../Router.ts'
import { locale } from '../../text.ts'
import { Chart } from '../../ui/Chart.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Select } from '../../ui/Select.tsx'
import { AppliedInput } from './AppliedInput.tsx'
import type { Route } from './Cards.ts'
import { pricePoints } from './PricePoints.ts'
import { w } from './words.ts'

const DAY = 86_400_000
/** Days back and days ahead. */
const SPANS = { week: [7, 0], month: [30, 0], ahead: [2, 14], year: [365, 0] } as const
type Span = keyof typeof SPANS

export function PricesTab({ route }: { route: Route }) {
  const [{ span: chosen = 'week', units }, setFilter] = useFilter(['span', 'units'])
  const span: Span = chosen in SPANS ? (chosen as Span) : 'week'
  const loaded = useLoad(
    async (signal) => {
      const now = Date.now()
      const [back, ahead] = SPANS[span]
      const query = {
        since: new Date(now - back * DAY).toISOString(),
        until: new Date(now + ahead * DAY).toISOString(),
        step: span === 'week' || span === 'ahead' ? ('hour' as const) : ('day' as const),
        ...(units === undefined ? {} : { units }),
      }
      return data(api.GET('/routes/{id}/prices', { params: { path: { id: route.id }, query }, signal }))
    },
    [route.id, route.revision, span, units],
  )
  const prices = loaded.data
  const drawn = useMemo(() => pricePoints(prices?.data ?? [], w.listPrice()), [prices, locale.value])
  return (
    <>
      <div class="rate-row">
        <Select
          label={w.span()}
          value={span}
          options={[
            { value: 'week', label: w.spanWeek() },
            { value: 'month', label: w.spanMonth() },
            { value: 'year', label: w.spanYear() },
            { value: 'ahead', label: w.spanAhead() },
          ]}
          onChange={(value) => setFilter({ span: value })}
        />
        <AppliedInput
          label={w.useOfCall()}
          hint={w.useOfCallHint()}
          value={units ?? ''}
          onApply={(value) => setFilter({ units: value })}
        />
      </div>
      {loaded.error === undefined ? null : <Failed error={loaded.error} retry={loaded.reload} />}
      {prices === undefined ? (
        loaded.error === undefined ? (
          <Loading />
        ) : null
      ) : prices.data.length === 0 ? (
        <Empty title={w.noPrices()} text={w.noPricesText()} />
      ) : (
        <>
          <p class="hint">{w.pricedUse({ use: useText(prices.units) })}</p>
          <Chart
            title={w.pricesOverTime()}
            unit="USDC"
            {...drawn}
            format={(value: number) => formatAmount(BigInt(Math.round(value)))}
          />
          {prices.nextSince === null ? null : <p class="hint">{w.pricesCut()}</p>}
        </>
      )}
    </>
  )
}

function useText(units: Record<string, string>): string {
  const parts = Object.entries(units).map(([unit, count]) => `${unit}=${count}`)
  return parts.length === 0 ? w.aCall() : parts.join(', ')
}
