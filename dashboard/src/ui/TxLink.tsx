import { transactionUrl } from '../Chains.ts'
import { short } from '../format/Address.ts'
import { Address } from './Address.tsx'
import { Icon } from './Icon.tsx'
import { uiWords as w } from './words.ts'

/** A transaction, at the explorer of its chain where it has one. */
export function TxLink({ hash, chainId }: { hash: string; chainId: number }) {
  const url = transactionUrl(hash, chainId)
  if (url === undefined) return <Address value={hash} />
  return (
    <a class="address" href={url} target="_blank" rel="noreferrer noopener" title={hash}>
      <code>{short(hash)}</code>
      <Icon name="external" />
      <span class="sr-only">{w.newTab()}</span>
    </a>
  )
}
