/** Money of the wallet into a channel of an escrow key. */
import type { Address } from '@pbstream/core/Hex'
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { formatAmount } from '../../format/Money.ts'
import { go } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Select } from '../../ui/Select.tsx'
import { TxLink } from '../../ui/TxLink.tsx'
import * as Acts from '../keys/Acts.ts'
import type { Detail, Key } from '../keys/Key.ts'
import { useChains } from '../keys/Terms.ts'
import { type Deposited, DepositForm } from './DepositForm.tsx'
import * as OnChain from './OnChain.ts'
import { topUpWords as w } from './words.ts'

type Props = { keyId: string | undefined; onClose: () => void; changed: () => void }

export function TopUpDialog({ keyId, onClose, changed }: Props) {
  const [chosen, setChosen] = useState(keyId?.startsWith('sk_') === true ? keyId : '')
  const [done, setDone] = useState<Deposited>()
  const query = { status: 'active' as const, limit: 100 }
  const list = useLoad((signal) => data(api.GET('/session-keys', { params: { query }, signal })), [mode.value])
  const keys = (list.data?.data ?? []).filter(({ contract }) => contract === 'escrow')
  const finished = (deposited: Deposited) => {
    setDone(deposited)
    changed()
  }
  return (
    <Dialog open wide title={w.title()} onClose={onClose}>
      <p class="prose">{w.how()}</p>
      {list.error !== undefined && <Failed error={list.error} retry={list.reload} />}
      {list.data !== undefined && keys.length === 0 && chosen === '' && (
        <>
          <Notice tone="info">{w.none()}</Notice>
          <div class="actions">
            <Button onClick={() => go('/keys/new')}>{w.makeKey()}</Button>
          </div>
        </>
      )}
      {done === undefined && keys.length > 0 && <KeyChoice keys={keys} value={chosen} onChange={setChosen} />}
      {done === undefined && chosen !== '' && <Chosen key={chosen} id={chosen} onClose={onClose} onDone={finished} />}
      {done !== undefined && <Result deposited={done} onClose={onClose} />}
    </Dialog>
  )
}

function KeyChoice({ keys, value, onChange }: { keys: Key[]; value: string; onChange: (id: string) => void }) {
  const options = keys.map(({ id, name, key }) => ({ value: id, label: `${name} · ${short(key)}` }))
  return (
    <Select
      label={w.key()}
      value={value}
      options={[{ value: '', label: w.choose(), disabled: true }, ...options]}
      onChange={onChange}
    />
  )
}

/** What has to be known of the key, its channels, its chain and the wallet before a form makes sense. */
function Chosen({ id, onClose, onDone }: { id: string; onClose: () => void; onDone: (done: Deposited) => void }) {
  const key = useLoad((signal) => Acts.detail(id, signal), [id])
  const channels = useLoad((signal) => data(api.GET('/channels', { params: { query: { key: id } }, signal })), [id])
  const chains = useChains()
  const row: Detail | undefined = key.data?.data
  const balance = useLoad(
    async () => row && (await OnChain.balance(row.chainId, row.token as Address, row.account as Address)),
    [row?.id],
  )
  const failed = [key, channels, chains].find(({ error }) => error !== undefined)
  if (failed?.error !== undefined) return <Failed error={failed.error} retry={failed.reload} />
  if (row === undefined || channels.data === undefined || chains.data === undefined) return <Loading />
  if (row.contract !== 'escrow') return <Notice tone="info">{w.canonical()}</Notice>
  return (
    <DepositForm
      row={row}
      channels={channels.data.data}
      chain={chains.data.find(({ chainId }) => chainId === row.chainId)}
      balance={balance.data}
      onClose={onClose}
      onDone={onDone}
    />
  )
}

function Result({ deposited, onClose }: { deposited: Deposited; onClose: () => void }) {
  const { status, amount, transaction, chainId } = deposited
  const said = { amount: `${formatAmount(amount)} USDC` }
  return (
    <>
      <Notice tone={status === 'done' ? 'good' : 'info'}>
        <p>{status === 'done' ? w.done(said) : w.pending(said)}</p>
        {transaction !== null && (
          <p>
            <TxLink hash={transaction} chainId={chainId} />
          </p>
        )}
      </Notice>
      <div class="actions">
        <Button kind="primary" onClick={onClose}>
          {w.close()}
        </Button>
      </div>
    </>
  )
}
