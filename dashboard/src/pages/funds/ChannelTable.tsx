/** The channels, one a row. */
import type { ComponentChildren } from 'preact'
import type { LoadedPages } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { short } from '../../format/Address.ts'
import { toMs } from '../../format/Time.ts'
import { Link } from '../../Router.ts'
import { Address } from '../../ui/Address.tsx'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { useNow } from '../../ui/Clock.ts'
import { Countdown } from '../../ui/Countdown.tsx'
import { Money } from '../../ui/Money.tsx'
import { Table } from '../../ui/Table.tsx'
import { type Channel, isKnown, type Known } from './Channel.ts'
import { w } from './words.ts'

type Props = { pages: LoadedPages<Channel>; withdraw: (channel: Known) => void; empty: ComponentChildren }

export function ChannelTable({ pages, withdraw, empty }: Props) {
  return (
    <Table
      caption={w.channels()}
      columns={columns(withdraw)}
      rows={pages.items}
      keyOf={({ id, session }) => `${session} ${id}`}
      more={pages.more}
      onMore={pages.loadMore}
      loading={pages.loading}
      empty={empty}
    />
  )
}

const kinds = { escrow: w.escrow, canonical: w.canonical, other: w.other }

function columns(withdraw: (channel: Known) => void) {
  const money = (key: 'deposited' | 'spent' | 'held' | 'free', head: string) => ({
    key,
    head,
    align: 'end' as const,
    cell: (row: Channel) => (row[key] === null ? '–' : <Money atomic={row[key]} symbol="" />),
  })
  return [
    { key: 'key', head: w.key(), cell: (row: Channel) => <KeyName row={row} /> },
    { key: 'receiver', head: w.receiver(), cell: (row: Channel) => <Receiver row={row} /> },
    money('deposited', w.deposited()),
    money('spent', w.spent()),
    money('held', w.held()),
    money('free', w.free()),
    { key: 'state', head: w.state(), cell: (row: Channel) => <State row={row} /> },
    { key: 'acts', head: w.actions(), cell: (row: Channel) => <Act row={row} withdraw={withdraw} /> },
  ]
}

function Receiver({ row: { receiver, kind, chainId } }: { row: Channel }) {
  return (
    <div class="two-lines">
      <Address value={receiver} />
      <span class="hint">{`${kinds[kind]()} · ${chainName(chainId)}`}</span>
    </div>
  )
}

function KeyName({ row: { keyId, keyName, key } }: { row: Channel }) {
  if (keyId === null) {
    return (
      <div class="two-lines">
        <Address value={key} />
        <span class="hint">{w.unknownKey()}</span>
      </div>
    )
  }
  return <Link to={`/keys/${encodeURIComponent(keyId)}`}>{keyName ?? short(key)}</Link>
}

function State({ row: { closed, live, pendingWithdrawal } }: { row: Channel }) {
  if (pendingWithdrawal !== null) return <Withdrawing at={pendingWithdrawal.availableAt} />
  if (!live) return <Badge tone="warn">{w.stale()}</Badge>
  return <Badge tone={closed ? 'plain' : 'good'}>{closed ? w.closed() : w.open()}</Badge>
}

function Withdrawing({ at }: { at: string }) {
  const ready = toMs(at) <= useNow()
  if (ready) return <Badge tone="good">{w.ready()}</Badge>
  return (
    <div class="two-lines">
      <Badge tone="info">{w.withdrawing()}</Badge>
      <Countdown until={at} />
    </div>
  )
}

function Act({ row, withdraw }: { row: Channel; withdraw: (channel: Known) => void }) {
  if (!isKnown(row)) return null
  if (row.closed && row.pendingWithdrawal === null) return null
  return (
    <Button label={w.withdrawFrom({ receiver: short(row.receiver) })} onClick={() => withdraw(row)}>
      {w.withdraw()}
    </Button>
  )
}
