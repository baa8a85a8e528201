/** Taking money out of a channel: how it stands on chain, what can be done now, and when the rest. */
import type { Hex } from '@pbstream/core/Hex'
import { useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { formatAmount } from '../../format/Money.ts'
import { duration } from '../../format/Time.ts'
import { Button } from '../../ui/Button.tsx'
import { Countdown } from '../../ui/Countdown.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Money } from '../../ui/Money.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { toast } from '../../ui/Toast.tsx'
import { TxLink } from '../../ui/TxLink.tsx'
import { BeginForm } from './BeginForm.tsx'
import type { Known } from './Channel.ts'
import * as OnChain from './OnChain.ts'
import { withdrawWords as w } from './words.ts'

const EVERY_MS = 5_000

type Props = { channel: Known; onClose: () => void; changed: () => void }
/** Does something with the wallet and looks again. */
export type Act = (work: () => Promise<Hex>, done: string) => Promise<void>

export function WithdrawDialog({ channel, onClose, changed }: Props) {
  const [last, setLast] = useState<Hex>()
  const { data: seen, error, reload } = useLoad(() => OnChain.look(channel), [channel.id], { everyMs: EVERY_MS })
  const delay = duration(channel.config.withdrawDelay)
  const act: Act = async (work, done) => {
    setLast(await work())
    toast(done, { kind: 'good' })
    reload()
    changed()
  }
  return (
    <Dialog open wide title={w.title()} onClose={onClose}>
      <p class="prose">
        {w.how({ delay })} {channel.kind === 'escrow' && w.lapse({ delay })}
      </p>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {seen === undefined && error === undefined && <Loading label={w.looking()} />}
      {seen !== undefined && (
        <>
          <Standing channel={channel} seen={seen} />
          <Stage channel={channel} seen={seen} act={act} />
          <p class="hint">{w.inWallet()}</p>
        </>
      )}
      {last !== undefined && (
        <p>
          {w.done()}: <TxLink hash={last} chainId={channel.chainId} />
        </p>
      )}
      <div class="actions">
        <Button onClick={onClose}>{w.close()}</Button>
      </div>
    </Dialog>
  )
}

function Standing({ channel, seen }: { channel: Known; seen: OnChain.Seen }) {
  const { balance, claimed, available } = seen
  const owed = BigInt(channel.spent) - claimed
  return (
    <>
      <Facts
        items={[
          [w.inChannel(), <Money atomic={balance} />],
          [w.claimed(), <Money atomic={claimed} />],
          [w.available(), <Money atomic={available} />],
        ]}
      />
      {owed > 0n && <p class="hint">{w.notClaimed({ amount: money(owed) })}</p>}
    </>
  )
}

const money = (atomic: bigint) => `${formatAmount(atomic)} USDC`

type StageProps = { channel: Known; seen: OnChain.Seen; act: Act }

function Stage({ channel, seen, act }: StageProps) {
  const { stage, withdrawal } = seen
  if (stage === 'empty') return <Notice tone="info">{w.empty()}</Notice>
  if (stage === 'open' || stage === 'lapsed' || withdrawal === undefined) {
    return (
      <>
        {stage === 'lapsed' && <Notice tone="warn">{w.lapsed()}</Notice>}
        <BeginForm channel={channel} available={seen.available} act={act} />
      </>
    )
  }
  const { amount, finalizableAt, lapsesAt } = withdrawal
  if (stage === 'pending') {
    return (
      <Notice tone="info">
        <p>{w.pending({ amount: money(amount) })}</p>
        <p>
          <Countdown until={hereAt(finalizableAt, seen)} label={w.wait()} />
        </p>
        <p>{w.returnLater()}</p>
        <Keep channel={channel} act={act} />
      </Notice>
    )
  }
  return (
    <Notice tone="good">
      <p>{w.readyText({ amount: money(amount) })}</p>
      {lapsesAt !== undefined && (
        <p>
          <Countdown until={hereAt(lapsesAt, seen)} label={w.before()} />
        </p>
      )}
      <Button kind="primary" onClick={() => act(() => OnChain.finish(channel), w.finished())}>
        {w.finish()}
      </Button>{' '}
      <Keep channel={channel} act={act} />
    </Notice>
  )
}

function Keep({ channel, act }: { channel: Known; act: Act }) {
  if (channel.kind !== 'escrow') return null
  return <Button onClick={() => act(() => OnChain.cancel(channel), w.cancelled())}>{w.cancel()}</Button>
}

/** A time of the chain on the clock here: contracts go by their blocks, which may be behind. Unix milliseconds. */
export function hereAt(seconds: number, { time }: Pick<OnChain.Seen, 'time'>, nowMs: number = Date.now()): number {
  return nowMs + (seconds - time) * 1_000
}
