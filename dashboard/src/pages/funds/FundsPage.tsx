/** Where the wallet's money lies: channels, topping them up, and taking money out. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import { useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Money } from '../../ui/Money.tsx'
import { PageHead, Section } from '../../ui/PageHead.tsx'
import { Stat, Stats } from '../../ui/Stat.tsx'
import { KeySelect } from '../keys/KeySelect.tsx'
import { type Channel, type Known, sumsOf } from './Channel.ts'
import { ChannelTable } from './ChannelTable.tsx'
import { TopUpDialog } from './TopUp.tsx'
import { Balances } from './Balances.tsx'
import { WithdrawDialog } from './Withdraw.tsx'
import { w } from './words.ts'

const PAGE = 20

export default function FundsPage() {
  // `topUp=1`: where a site sends somebody who has just authorised a key.
  const [filter, setFilter] = useFilter(['key', 'topUp'])
  const { key } = filter
  const [withdraw, setWithdraw] = useState<Known>()
  const pages = usePages<Channel>(
    async (cursor, signal) => {
      const query = {
        limit: PAGE,
        ...(key === undefined ? {} : { key }),
        ...(cursor === undefined ? {} : { cursor }),
      }
      const { data: items, nextCursor } = await data(api.GET('/channels', { params: { query }, signal }))
      return { items, nextCursor }
    },
    [key, mode.value],
  )
  return (
    <>
      <PageHead title={w.title()} text={w.intro()}>
        <Button kind="primary" onClick={() => setFilter({ topUp: '1' })}>
          {w.topUp()}
        </Button>
      </PageHead>
      <Sums channels={pages.items} />
      <Balances />
      <div class="filters">
        <KeySelect label={w.key()} all={w.allKeys()} value={key} onChange={(value) => setFilter({ key: value })} />
      </div>
      {pages.error !== undefined && <Failed error={pages.error} retry={pages.reload} />}
      <ChannelTable pages={pages} withdraw={setWithdraw} empty={pages.error === undefined ? <Nothing /> : null} />
      <Section title={w.withoutTitle()} hint={w.without()}>
        <Code text={WITHDRAW} label={w.example()} />
      </Section>
      {withdraw !== undefined && (
        <WithdrawDialog channel={withdraw} onClose={() => setWithdraw(undefined)} changed={pages.reload} />
      )}
      {filter.topUp === '1' && (
        <TopUpDialog keyId={key} onClose={() => setFilter({ topUp: undefined })} changed={pages.reload} />
      )}
    </>
  )
}

const WITHDRAW = `npx pbstream withdraw --find --payer 0x… --rpc https://… --json > channels.json
npx pbstream withdraw --channel channels.json --rpc https://… --key-file wallet.key
npx pbstream withdraw --channel channels.json --rpc https://… --key-file wallet.key --finalize`

const FIRST = `import { createPayer } from '@pbstream/sdk/client'

const pay = createPayer({ signer: wallet, budget: { deposit: '$5' } })
await pay.fetch('https://api.example/weather')`

function Nothing() {
  return (
    <>
      <Empty title={w.emptyTitle()} text={w.emptyText()} />
      <Code text={FIRST} label={w.example()} />
    </>
  )
}

function Sums({ channels }: { channels: readonly Channel[] }) {
  const { free, held, spent, returning } = sumsOf(channels)
  return (
    <Stats>
      <Stat label={w.free()} value={<Money atomic={free} />} hint={w.freeHint()} />
      <Stat label={w.held()} value={<Money atomic={held} />} hint={w.heldHint()} />
      <Stat label={w.spent()} value={<Money atomic={spent} />} hint={w.soFar()} />
      {returning > 0n && <Stat label={w.returning()} value={<Money atomic={returning} />} />}
    </Stats>
  )
}
