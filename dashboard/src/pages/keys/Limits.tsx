/** What a key may spend, what it has spent, and when more of it is free again. */
import { formatAmount } from '../../format/Money.ts'
import { useNow } from '../../ui/Clock.ts'
import { Countdown } from '../../ui/Countdown.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Money } from '../../ui/Money.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Progress, shareOf } from '../../ui/Progress.tsx'
import { Stat, Stats } from '../../ui/Stat.tsx'
import { Time } from '../../ui/Time.tsx'
import { type Detail, isHeld, resetAt, spendable } from './Key.ts'
import { w } from './keyWords.ts'
import { limitsOf, sentence } from './Sentence.ts'

export function Limits({ row }: { row: Detail }) {
  const { usage, spendCap, periodAmount, perPaymentMax, start, expiry } = row
  const now = useNow()
  const amount = spendable(row)
  const held = isHeld(row)
  const reset = resetAt(row, now)
  return (
    <Section title={w.usage()} hint={sentence(limitsOf(row), Math.floor(now / 1_000))}>
      {usage === null && <Notice tone="warn">{w.usageUnknown()}</Notice>}
      {usage !== null && (
        <>
          <Stats>
            <Stat
              label={w.mayNow()}
              value={amount === undefined ? '–' : <Money atomic={held ? 0n : amount} />}
              hint={held ? w.heldNow() : w.inFlight({ n: usage.inFlight })}
            />
          </Stats>
          <Bar label={w.total()} used={BigInt(usage.spent) + BigInt(usage.reserved)} limit={BigInt(spendCap)} />
          {usage.reserved !== '0' && <p class="hint">{w.reserved({ amount: money(usage.reserved) })}</p>}
          {usage.window !== null && (
            <Bar label={w.window()} used={usedOf(usage.window, reset)} limit={BigInt(periodAmount)} />
          )}
          {reset !== undefined && row.status === 'active' && (
            <p>
              <Countdown until={reset} label={w.nextReset()} />
            </p>
          )}
        </>
      )}
      <Facts
        items={[
          [w.perPayment(), perPaymentMax === '0' ? w.noLimit() : <Money atomic={perPaymentMax} />],
          ...(start * 1_000 > now ? ([[w.starts(), <Time at={start * 1_000} />]] as const) : []),
          [
            w.expiry(),
            <>
              <Time at={expiry * 1_000} /> · <Countdown until={expiry * 1_000} />
            </>,
          ],
        ]}
      />
    </Section>
  )
}

const money = (atomic: bigint | string) => `${formatAmount(atomic)} USDC`

/** Of a window that has ended nothing is used in the one of now. */
function usedOf(window: { end: number; spent: string }, reset: number | undefined): bigint {
  return reset !== undefined && reset > window.end * 1_000 ? 0n : BigInt(window.spent)
}

function Bar({ label, used, limit }: { label: string; used: bigint; limit: bigint }) {
  const share = shareOf(used, limit)
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : undefined
  return (
    <p class="keys-bar">
      <span class="hint">{label}</span>
      <Progress
        value={used}
        max={limit}
        label={label}
        text={w.usedOf({ used: formatAmount(used), limit: money(limit) })}
        {...(tone === undefined ? {} : { tone })}
      />
    </p>
  )
}
