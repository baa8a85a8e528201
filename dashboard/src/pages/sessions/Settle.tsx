/** Asks for a payout now instead of when the settlement policy says so. Asked twice, it is one payout. */
import { short } from '../../format/Address.ts'
import { Button, toast } from '../../ui/index.ts'
import * as Calls from './Calls.ts'
import { settleWords as w } from './words.ts'

export function SettleButton({ provider, channel, after }: { provider: string; channel: string; after: () => void }) {
  const settle = async () => {
    const { status } = await Calls.settle(provider, channel)
    toast(w[status](), { kind: status === 'sent' ? 'good' : 'info' })
    after()
  }
  return (
    <Button onClick={settle} label={w.settleNamed({ channel: short(channel) })}>
      {w.settle()}
    </Button>
  )
}
