/** The channels that paid a provider: who, how much, and what is still to be paid out. */
import { usePages } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { isAddress, short } from '../../format/Address.ts'
import { go, useFilter } from '../../Router.ts'
import {
  Address,
  Badge,
  Button,
  type Column,
  Empty,
  Failed,
  Money,
  PageHead,
  Select,
  Table,
  TextInput,
} from '../../ui/index.ts'
import { type Channel, channels } from './Calls.ts'
import { chainsOf } from './ChainChoice.ts'
import { standingOf, stateOf } from './Numbers.ts'
import { channelPath, sessionOf } from './SessionName.ts'
import { stateWords, w } from './words.ts'

export default function SessionsPage({ params }: { params: Record<string, string> }) {
  const { provider = '' } = params
  const [asked, setAsked] = useFilter(['chain', 'receiver'])
  const { chain, receiver } = asked
  const badReceiver = receiver !== undefined && !isAddress(receiver)
  const chainId = chain !== undefined && /^[1-9]\d{0,14}$/.test(chain) ? Number(chain) : undefined
  const filter = {
    ...(receiver === undefined || badReceiver ? {} : { receiver: receiver.toLowerCase() }),
    ...(chainId === undefined ? {} : { chainId }),
  }
  const found = usePages(
    (cursor, signal) => channels(provider, filter, cursor, signal),
    [provider, JSON.stringify(filter)],
  )
  return (
    <>
      <PageHead title={w.title()} text={`${w.intro()} ${w.amounts()}`} />
      <div class="filters">
        <Select
          label={w.chain()}
          value={chain ?? ''}
          options={[{ value: '', label: w.allChains() }, ...chainsOf(chain)]}
          onChange={(value) => setAsked({ chain: value })}
        />
        <TextInput
          label={w.receiver()}
          error={badReceiver ? w.receiverWrong() : undefined}
          value={receiver ?? ''}
          onChange={(value) => setAsked({ receiver: value.trim() })}
          placeholder="0x…"
          mono
        />
      </div>
      {found.error === undefined ? (
        <Table
          caption={w.title()}
          columns={columns()}
          rows={found.items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => channelPath(provider, id)}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={
            <Nothing
              provider={provider}
              filtered={Object.keys(filter).length > 0}
              seeAll={() => setAsked({ chain: '', receiver: '' })}
            />
          }
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

function columns(): Column<Channel>[] {
  return [
    { key: 'id', head: w.channel(), cell: ({ id }) => <code>{short(id)}</code> },
    { key: 'payer', head: w.payer(), cell: ({ session }) => <Who address={sessionOf(session)?.payer} /> },
    { key: 'chain', head: w.chain(), cell: ({ chainId }) => chainName(chainId) },
    { key: 'state', head: w.state(), cell: (row) => <StateBadge row={row} /> },
    { key: 'spent', head: w.spent(), align: 'end', cell: ({ spent }) => <Money atomic={spent} symbol="" /> },
    {
      key: 'unsettled',
      head: w.unsettled(),
      align: 'end',
      cell: (row) => <Money atomic={standingOf(row).unsettled} symbol="" />,
    },
    { key: 'left', head: w.left(), align: 'end', cell: (row) => <Money atomic={standingOf(row).left} symbol="" /> },
  ]
}

function Who({ address }: { address: string | undefined }) {
  return address === undefined ? <span>–</span> : <Address value={address} />
}

export function StateBadge({ row }: { row: Channel }) {
  const state = stateOf(row)
  return <Badge tone={state === 'owing' ? 'warn' : state === 'open' ? 'good' : 'plain'}>{stateWords[state]()}</Badge>
}

function Nothing({ provider, filtered, seeAll }: { provider: string; filtered: boolean; seeAll: () => void }) {
  if (filtered) {
    const action = <Button onClick={seeAll}>{w.seeAll()}</Button>
    return <Empty title={w.emptyFiltered()} text={w.emptyFilteredText()} action={action} />
  }
  const action = (
    <Button kind="primary" onClick={() => go(`/p/${encodeURIComponent(provider)}/routes`)}>
      {w.toRoutes()}
    </Button>
  )
  return <Empty title={w.emptyTitle()} text={w.emptyText()} action={action} />
}
