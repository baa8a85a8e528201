/** `/p/:provider/routes/:id`: one route, with its price, history, forecast and settings. */
import { api, dataAndEtag } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { leave, useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Address } from '../../ui/Address.tsx'
import { Badge } from '../../ui/Badge.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { ForecastTab } from '../rates/ForecastTab.tsx'
import { HistoryTab } from '../rates/HistoryTab.tsx'
import { PricesTab } from '../rates/PricesTab.tsx'
import { RatesTab } from '../rates/RatesTab.tsx'
import { RouteSettings } from './RouteSettings.tsx'
import { w } from './words.ts'

const TABS = ['rate', 'history', 'prices', 'forecast', 'settings'] as const
type TabName = (typeof TABS)[number]

export default function Route({ params: { id = '' } }: { params: Record<string, string> }) {
  const [{ tab }, setFilter] = useFilter(['tab'])
  const loaded = useLoad(
    (signal) => dataAndEtag(api.GET('/routes/{id}', { params: { path: { id } }, signal })),
    [id, mode.value],
  )
  if (loaded.data === undefined) {
    return loaded.error === undefined ? <Loading /> : <Failed error={loaded.error} retry={loaded.reload} />
  }
  const { data: route, etag } = loaded.data
  const shown: TabName = TABS.find((each) => each === tab) ?? 'rate'
  const again = () => loaded.reload()
  return (
    <>
      <PageHead title={route.path} text={route.methods.includes('*') ? w.everyMethod() : route.methods.join(' ')}>
        <Badge tone={route.enabled ? 'good' : 'warn'}>{route.enabled ? w.on() : w.off()}</Badge>
        <Address value={route.id} />
      </PageHead>
      <Tabs
        label={w.parts()}
        tabs={[
          { value: 'rate', label: w.price() },
          { value: 'history', label: w.history() },
          { value: 'prices', label: w.overTime() },
          { value: 'forecast', label: w.forecast() },
          { value: 'settings', label: w.settings() },
        ]}
        value={shown}
        onChange={(value) => leave(() => setFilter({ tab: value === 'rate' ? undefined : value }))}
      >
        {shown === 'rate' ? <RatesTab route={route} etag={etag} onPublished={again} /> : null}
        {shown === 'history' ? <HistoryTab route={route} etag={etag} onChange={again} /> : null}
        {shown === 'prices' ? <PricesTab route={route} /> : null}
        {shown === 'forecast' ? <ForecastTab route={route} /> : null}
        {shown === 'settings' ? <RouteSettings key={etag} route={route} etag={etag} onChange={again} /> : null}
      </Tabs>
    </>
  )
}
