import { formatAmount } from '../format/Money.ts'

/** An amount, exact, with its unit. `atomic` as it comes from the API. In columns the decimal points stand in one line. */
export function Money({
  atomic,
  symbol = 'USDC',
  decimals = 6,
}: {
  atomic: bigint | string
  symbol?: string
  decimals?: number
}) {
  const text = formatAmount(atomic, decimals)
  const missing = Math.min(6, decimals) - (text.split('.')[1]?.length ?? 0)
  return (
    <span class="money">
      <span class="amount" data-pad={'0'.repeat(Math.max(0, missing))}>
        {text}
      </span>
      {symbol !== '' && <span class="unit"> {symbol}</span>}
    </span>
  )
}
