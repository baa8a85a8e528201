/** One channel: where its money is, what is under way, and everything that happened on it. */
import { useLoad, usePages } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { short } from '../../format/Address.ts'
import { formatAmount } from '../../format/Money.ts'
import { formatTime } from '../../format/Time.ts'
import { Link } from '../../Router.ts'
import { Address, Facts, Failed, Loading, Money, Notice, PageHead, Section, Stat, Stats, Time } from '../../ui/index.ts'
import { pathOf } from '../sentinel/Whose.ts'
import * as Calls from './Calls.ts'
import { standingOf } from './Numbers.ts'
import { SettleButton } from './Settle.tsx'
import { Timeline } from './Timeline.tsx'
import { w } from './words.ts'

const EVERY_MS = 15_000

export default function SessionPage({ params }: { params: Record<string, string> }) {
  const { provider = '', channel = '' } = params
  const found = useLoad((signal) => Calls.channel(provider, channel, signal), [provider, channel], {
    everyMs: EVERY_MS,
  })
  const entries = usePages((cursor, signal) => Calls.timeline(provider, channel, cursor, signal), [provider, channel])
  const reload = () => {
    found.reload()
    entries.reload()
  }
  const row = found.data
  return (
    <>
      <PageHead title={w.one({ channel: short(channel) })}>
        <Link to={`/p/${encodeURIComponent(provider)}/sessions`}>{w.back()}</Link>
        {row !== undefined && BigInt(row.unsettled) > 0n && (
          <SettleButton provider={provider} channel={channel} after={reload} />
        )}
      </PageHead>
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      {row === undefined && found.error === undefined && <Loading />}
      {row !== undefined && <Standing provider={provider} row={row} />}
      <Section title={w.timeline()} hint={w.timelineHint()}>
        <Timeline provider={provider} channel={row} entries={entries} />
      </Section>
    </>
  )
}

function Standing({ provider, row }: { provider: string; row: Calls.ChannelDetail }) {
  const { left, unsettled } = standingOf(row)
  const session = `?session=${encodeURIComponent(row.session)}`
  const provisional =
    BigInt(row.provisional) > 0n ? w.provisional({ amount: formatAmount(row.provisional) }) : undefined
  return (
    <>
      <UnderWay row={row} />
      <Section title={w.money()}>
        <Stats>
          <Stat
            label={w.deposited()}
            value={<Money atomic={BigInt(row.deposited) + BigInt(row.provisional)} />}
            hint={provisional}
          />
          <Stat label={w.spent()} value={<Money atomic={row.spent} />} />
          <Stat label={w.unsettled()} value={<Money atomic={unsettled} />} />
          <Stat label={w.settled()} value={<Money atomic={row.settled} />} />
          <Stat label={w.left()} value={<Money atomic={left} />} />
          {BigInt(row.returned) > 0n && <Stat label={w.returned()} value={<Money atomic={row.returned} />} />}
          {BigInt(row.lost) > 0n && <Stat label={w.lost()} value={<Money atomic={row.lost} />} />}
        </Stats>
      </Section>
      <Section title={w.facts()}>
        <Facts
          items={[
            [w.channel(), <Address value={row.id} />],
            [w.payer(), <Address value={row.payer} />],
            [w.key(), <Address value={row.key} />],
            [w.chain(), chainName(row.chainId)],
            [w.paidTo(), <Address value={row.receiver} />],
            [w.contract(), <Address value={row.contract} />],
            [w.token(), <Address value={row.token} />],
            [w.openedAt(), <Time at={row.openedAt} />],
            [w.lastPayment(), <Time at={row.lastChargeAt} ago />],
          ]}
        />
        <nav class="actions" aria-label={w.key()}>
          <Link to={pathOf({ provider }, 'stops') + session}>{w.stops()}</Link>
          <Link to={pathOf({ provider }, 'snoozes') + session}>{w.snooze()}</Link>
          <Link to={pathOf({ provider }, 'decisions') + session}>{w.decisions()}</Link>
        </nav>
      </Section>
    </>
  )
}

function UnderWay({ row: { live } }: { row: Calls.ChannelDetail }) {
  if (live === null) return <Notice tone="warn">{w.notLive()}</Notice>
  const said = [
    BigInt(live.reserved) > 0n ? w.reserved({ amount: formatAmount(live.reserved) }) : '',
    live.claiming === null ? '' : w.claiming(),
    live.refundInFlight ? w.refunding() : '',
    live.withdrawalRequestedAt === null ? '' : w.withdrawing({ at: formatTime(live.withdrawalRequestedAt) }),
  ].filter((text) => text !== '')
  if (said.length === 0) return null
  return (
    <Notice tone="info">
      {said.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </Notice>
  )
}
