/** Payouts of a period, newest first, each with its transaction. */
import { useLoad } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { short } from '../../format/Address.ts'
import { toMs } from '../../format/Time.ts'
import { Link, useFilter } from '../../Router.ts'
import { type Column, Empty, Failed, Money, Notice, Table, TextInput, Time, TxLink } from '../../ui/index.ts'
import { periodOf, presetOf } from '../ledger/Period.ts'
import { PeriodPicker } from '../ledger/PeriodPicker.tsx'
import { type Settlement, settlements, walk } from '../sessions/Calls.ts'
import { chainOf, channelPath } from '../sessions/SessionName.ts'
import { w } from './words.ts'

const MOST = 2_000
const CHANNEL = /^0x[0-9a-fA-F]{64}$/

export function DoneTab({ provider }: { provider: string }) {
  const [asked, setAsked] = useFilter(['from', 'until', 'all', 'channel'])
  const { from, until, all, channel } = asked
  const days = from === undefined && until === undefined && all === undefined ? presetOf('30d', Date.now()) : asked
  const wrong = channel !== undefined && !CHANNEL.test(channel)
  const filter = { ...periodOf(days), ...(channel === undefined || wrong ? {} : { channel }) }
  const found = useLoad(
    async (signal) => {
      const { items, whole } = await walk((cursor) => settlements(provider, filter, cursor, signal), MOST)
      return { rows: items.toSorted((a, b) => toMs(b.at) - toMs(a.at)), whole }
    },
    [provider, JSON.stringify(filter)],
  )
  return (
    <>
      <PeriodPicker
        value={{ ...(days.from && { from: days.from }), ...(days.until && { until: days.until }) }}
        onChange={(to) => setAsked({ ...to, all: to.from || to.until ? undefined : '1' })}
      />
      <div class="filters">
        <TextInput
          label={w.of()}
          hint={w.ofHint()}
          error={wrong ? w.ofWrong() : undefined}
          value={channel ?? ''}
          onChange={(value) => setAsked({ channel: value.trim() })}
          placeholder="0x…"
          mono
        />
      </div>
      {found.data?.whole === false && <Notice tone="warn">{w.notWhole({ n: MOST })}</Notice>}
      {found.error === undefined ? (
        <Table
          caption={w.done()}
          columns={columns(provider)}
          rows={found.data?.rows ?? []}
          keyOf={({ session, seq }) => `${session} ${seq}`}
          loading={found.loading}
          empty={<Empty title={w.emptyDone()} text={w.emptyDoneText()} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

function columns(provider: string): Column<Settlement>[] {
  const size = (a: Settlement, b: Settlement) => (BigInt(a.amount) < BigInt(b.amount) ? -1 : 1)
  return [
    { key: 'at', head: w.time(), cell: ({ at }) => <Time at={at} />, sort: (a, b) => toMs(a.at) - toMs(b.at) },
    {
      key: 'amount',
      head: w.amount(),
      align: 'end',
      cell: ({ amount }) => <Money atomic={amount} symbol="" />,
      sort: size,
    },
    { key: 'chain', head: w.chain(), cell: ({ session }) => chainName(chainOf(session)) },
    {
      key: 'channel',
      head: w.channel(),
      cell: ({ channelId }) => <Link to={channelPath(provider, channelId)}>{short(channelId)}</Link>,
    },
    {
      key: 'transaction',
      head: w.transaction(),
      cell: ({ transaction, session }) =>
        transaction === null ? '–' : <TxLink hash={transaction} chainId={chainOf(session)} />,
    },
  ]
}
