/** How much to take out of a channel. */
import { useState } from 'preact/hooks'
import { formatAmount } from '../../format/Money.ts'
import { AmountInput } from '../../ui/AmountInput.tsx'
import { Form } from '../../ui/Form.tsx'
import type { Known } from './Channel.ts'
import * as OnChain from './OnChain.ts'
import type { Act } from './Withdraw.tsx'
import { withdrawWords as w } from './words.ts'

export function BeginForm({ channel, available, act }: { channel: Known; available: bigint; act: Act }) {
  const [amount, setAmount] = useState<bigint | undefined>(available)
  const most = `${formatAmount(available)} USDC`
  const submit = async () => {
    if (amount === undefined || amount <= 0n) throw new Error(w.needAmount())
    if (amount > available) throw new Error(w.tooMuch({ amount: most }))
    await act(() => OnChain.begin(channel, amount), w.begun())
  }
  return (
    <Form onSubmit={submit} submit={w.begin()}>
      <AmountInput label={w.amount()} hint={w.amountHint({ amount: most })} value={amount} onChange={setAmount} />
    </Form>
  )
}
