/** Channels that owe something, with a way to have it paid out now. */
import { useLoad } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { short } from '../../format/Address.ts'
import { Link } from '../../Router.ts'
import { Badge, type Column, Empty, Failed, Money, Notice, Table } from '../../ui/index.ts'
import { channels, incidents, walk } from '../sessions/Calls.ts'
import { channelPath } from '../sessions/SessionName.ts'
import { SettleButton } from '../sessions/Settle.tsx'
import { type Waiting, waitingOf } from './Waiting.ts'
import { w } from './words.ts'

/** Rows that are read at most: 20 requests of a hundred. */
const MOST = 2_000

export function WaitingTab({ provider }: { provider: string }) {
  const found = useLoad(
    async (signal) => {
      const [all, open] = await Promise.all([
        walk((cursor) => channels(provider, {}, cursor, signal), MOST),
        walk((cursor) => incidents(provider, 'open', cursor, signal), MOST),
      ])
      return { rows: waitingOf(all.items, open.items), whole: all.whole }
    },
    [provider],
  )
  if (found.error !== undefined) return <Failed error={found.error} retry={found.reload} />
  return (
    <>
      {found.data?.whole === false && <Notice tone="info">{w.someChannels({ n: MOST })}</Notice>}
      <Table
        caption={w.waiting()}
        columns={columns(provider, found.reload)}
        rows={found.data?.rows ?? []}
        keyOf={({ id }) => id}
        loading={found.loading}
        empty={<Empty title={w.emptyWaiting()} text={w.emptyWaitingText()} />}
      />
    </>
  )
}

const TONES = { accruing: 'plain', paying: 'info', failed: 'bad', blocked: 'bad' } as const

function columns(provider: string, reload: () => void): Column<Waiting>[] {
  const plain = (atomic: bigint) => <Money atomic={atomic} symbol="" />
  const by = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
  return [
    { key: 'id', head: w.channel(), cell: ({ id }) => <Link to={channelPath(provider, id)}>{short(id)}</Link> },
    { key: 'chain', head: w.chain(), cell: ({ chainId }) => chainName(chainId) },
    { key: 'state', head: w.state(), cell: ({ state }) => <Badge tone={TONES[state]}>{w[state]()}</Badge> },
    {
      key: 'earned',
      head: w.earned(),
      align: 'end',
      cell: ({ earned }) => plain(earned),
      sort: (a, b) => by(a.earned, b.earned),
    },
    { key: 'claimed', head: w.claimed(), align: 'end', cell: ({ claimed }) => plain(claimed) },
    {
      key: 'sum',
      head: w.sum(),
      align: 'end',
      cell: ({ unsettled }) => plain(unsettled),
      sort: (a, b) => by(a.unsettled, b.unsettled),
    },
    {
      key: 'act',
      head: w.act(),
      cell: ({ id }) => <SettleButton provider={provider} channel={id} after={reload} />,
    },
  ]
}
