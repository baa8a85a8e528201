/** What the wallet itself has, by its own node. */
import type { Address } from '@pbstream/core/Hex'
import { useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { chainName } from '../../Chains.ts'
import { me } from '../../Session.ts'
import { account, onChain } from '../../Wallet.ts'
import { Button } from '../../ui/Button.tsx'
import { Money } from '../../ui/Money.tsx'
import { Stat, Stats } from '../../ui/Stat.tsx'
import { type Chain, useChains } from '../keys/Terms.ts'
import * as OnChain from './OnChain.ts'
import { w } from './words.ts'

const EVERY_MS = 15_000

export function Balances() {
  const { data: chains } = useChains()
  const owner = me.value?.address as Address | undefined
  if (chains === undefined || chains.length === 0 || owner === undefined) return null
  return (
    <Stats>
      {chains.map((chain) => (
        <Balance key={chain.chainId} chain={chain} owner={owner} />
      ))}
    </Stats>
  )
}

/** Wallets look at one chain at a time: another one is asked for when somebody wants to see it. */
function Balance({ chain: { chainId, token }, owner }: { chain: Chain; owner: Address }) {
  const [asked, setAsked] = useState(0)
  const { data, error } = useLoad(
    () => OnChain.balance(chainId, token.address, owner),
    [chainId, owner, account.value, asked],
    { everyMs: EVERY_MS },
  )
  const show = async () => {
    await onChain(chainId)
    setAsked(asked + 1)
  }
  const known = error === undefined && data !== undefined
  return (
    <Stat
      label={w.wallet()}
      value={known ? <Money atomic={data} symbol={token.symbol} /> : <Button onClick={show}>{w.showBalance()}</Button>}
      hint={w.walletOn({ chain: chainName(chainId) })}
    />
  )
}
