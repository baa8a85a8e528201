/** How much, for whom; then the wallet signs and the service sends. */
import type { Address } from '@pbstream/core/Hex'
import { useRef, useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { short } from '../../format/Address.ts'
import { formatAmount } from '../../format/Money.ts'
import { signTypedData } from '../../Wallet.ts'
import { AmountInput } from '../../ui/AmountInput.tsx'
import { Button } from '../../ui/Button.tsx'
import { Form } from '../../ui/Form.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Select } from '../../ui/Select.tsx'
import type { Detail } from '../keys/Key.ts'
import type { Chain } from '../keys/Terms.ts'
import { type Channel, escrowConfig, termsFor } from './Channel.ts'
import * as Deposit from './Deposit.ts'
import * as OnChain from './OnChain.ts'
import { topUpWords as w } from './words.ts'

export type Deposited = { status: 'done' | 'pending'; amount: bigint; transaction: string | null; chainId: number }

type Props = {
  row: Detail
  channels: Channel[]
  chain: Chain | undefined
  /** Of the wallet, where that is known. */
  balance: bigint | undefined
  onClose: () => void
  onDone: (done: Deposited) => void
}

type Signed = { said: string; body: ReturnType<typeof Deposit.body>; key: string }

export function DepositForm({ row, channels, chain, balance, onClose, onDone }: Props) {
  const [receiver, setReceiver] = useState(row.payees[0] ?? '')
  const [amount, setAmount] = useState<bigint>()
  // What was signed and perhaps handed in already: pressing again after an answer that was lost deposits nothing twice.
  const signed = useRef<Signed>()
  const terms = termsFor(channels, receiver, chain, row.payeeDelays)
  const room = roomOf(row)
  const submit = async () => {
    if (terms === undefined) throw new Error(w.noTerms())
    const wanted = checked(amount, { least: chain?.minDeposit ?? 0n, room, balance })
    const said = `${receiver} ${wanted}`
    if (signed.current?.said !== said) signed.current = { said, ...(await sign(row, receiver, terms, wanted)) }
    const { body, key } = signed.current
    const params = { path: { id: row.id } }
    const headers = { 'Idempotency-Key': key }
    const { status, transaction } = await data(api.POST('/session-keys/{id}/deposits', { params, headers, body }))
    onDone({ status, transaction, amount: wanted, chainId: row.chainId })
  }
  const hints = [
    ...(balance === undefined ? [] : [w.balance({ amount: money(balance) })]),
    ...(room === undefined ? [] : [w.room({ amount: money(room) })]),
  ]
  return (
    <Form
      onSubmit={submit}
      submit={w.submit()}
      disabled={terms === undefined}
      beside={<Button onClick={onClose}>{w.cancel()}</Button>}
    >
      <Select
        label={w.receiver()}
        value={receiver}
        options={row.payees.map((payee) => ({ value: payee, label: short(payee) }))}
        onChange={setReceiver}
      />
      {terms === undefined && <Notice tone="warn">{w.noTerms()}</Notice>}
      <AmountInput label={w.amount()} hint={hints.join(' ')} name="amount" value={amount} onChange={setAmount} />
      <p class="hint">{w.steps()}</p>
    </Form>
  )
}

const money = (atomic: bigint) => `${formatAmount(atomic)} USDC`

/** What may still be deposited under the cap that the account signed; undefined while the chain does not say. */
export function roomOf({ onChain }: Pick<Detail, 'onChain'>): bigint | undefined {
  if (onChain === null) return undefined
  const left = BigInt(onChain.spendCap) - BigInt(onChain.usage)
  return left > 0n ? left : 0n
}

type Bounds = { least: bigint; room: bigint | undefined; balance: bigint | undefined }

/** @throws {Error} that says what to enter. */
export function checked(amount: bigint | undefined, { least, room, balance }: Bounds): bigint {
  if (amount === undefined || amount <= 0n || amount < least) {
    throw new Error(w.needAmount({ amount: money(least > 0n ? least : 1n) }))
  }
  if (room !== undefined && amount > room) throw new Error(w.aboveCap({ amount: money(room) }))
  if (balance !== undefined && amount > balance) throw new Error(w.tooLittle({ amount: money(balance) }))
  return amount
}

async function sign(row: Detail, receiver: string, terms: Parameters<typeof escrowConfig>[2], amount: bigint) {
  const order: Deposit.Order = {
    chainId: row.chainId,
    escrow: row.contractAddress as Address,
    config: escrowConfig(row, receiver, terms),
    token: await OnChain.tokenOf(row.chainId, row.token as Address),
    amount,
    now: Math.floor(Date.now() / 1_000),
    salt: Deposit.randomSalt(),
  }
  const signature = await signTypedData(Deposit.typedData(order))
  return { body: Deposit.body(order, signature), key: crypto.randomUUID() }
}
