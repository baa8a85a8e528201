/** What is to be paid out and what was, with the wait in between. */
import { useLoad } from '../../api/Load.ts'
import { duration } from '../../format/Time.ts'
import { Link, useFilter } from '../../Router.ts'
import { Failed, Money, PageHead, Stat, Stats, Tabs } from '../../ui/index.ts'
import { summary } from '../sessions/Calls.ts'
import { DoneTab } from './DoneTab.tsx'
import { WaitingTab } from './WaitingTab.tsx'
import { w } from './words.ts'

export default function SettlementsPage({ params }: { params: Record<string, string> }) {
  const { provider = '' } = params
  const [filter, setFilter] = useFilter(['tab'])
  const tab = filter.tab === 'done' ? 'done' : 'waiting'
  const base = `/p/${encodeURIComponent(provider)}`
  return (
    <>
      <PageHead title={w.title()} text={w.intro()}>
        <Link to={`${base}/settings`}>{w.policy()}</Link>
        <Link to={`${base}/ledger`}>{w.toLedger()}</Link>
      </PageHead>
      <Lag provider={provider} />
      <Tabs
        label={w.tabs()}
        tabs={[
          { value: 'waiting', label: w.waiting() },
          { value: 'done', label: w.done() },
        ]}
        value={tab}
        onChange={(to) => setFilter({ tab: to === 'waiting' ? undefined : to })}
      >
        {tab === 'waiting' ? <WaitingTab provider={provider} /> : <DoneTab provider={provider} />}
      </Tabs>
    </>
  )
}

function Lag({ provider }: { provider: string }) {
  const found = useLoad((signal) => summary(provider, signal), [provider])
  if (found.error !== undefined) return <Failed error={found.error} retry={found.reload} />
  if (found.data === undefined) return null
  const { unsettled, settlementLagMs: lag } = found.data
  const span = (ms: number | null) => (ms === null ? '–' : duration(Math.round(ms / 1000)))
  return (
    <Stats>
      <Stat label={w.unsettled()} value={<Money atomic={unsettled} />} />
      <Stat label={w.lag()} value={span(lag.p50)} hint={lag.p50 === null ? w.noPayout() : w.lagHint()} />
      <Stat label={w.longest()} value={span(lag.max)} hint={w.longestHint()} />
    </Stats>
  )
}
