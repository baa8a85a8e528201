/** What a permission has spent and may still spend. */
import { html, nothing, type TemplateResult } from 'lit'
import { money, share, type Token } from '../format/Money.ts'
import { dateTime, duration } from '../format/Time.ts'
import type { Grant, Usage } from '../grant/Service.ts'
import type { Locale } from '../text/Locale.ts'
import { say, type TextKey, type Values } from '../text/Text.ts'
import { timer } from './Parts.ts'

type Shown = { grant: Grant; token: Token; now: number; locale: Locale }

/** @param putIn how money is put in. */
export function spendingView({ grant, token, now, locale }: Shown, putIn: TemplateResult): TemplateResult {
  const t = (key: TextKey, values?: Values) => say(locale, key, values)
  const { usage, expiry } = grant
  return html`${usage === null ? html`<p class="notice">${t('usageUnknown')}</p>` : bars(usage, { grant, token, now, locale })}
    ${funds({ grant, token, now, locale }, putIn)}
    <dl class="facts">
      <dt>${t('ends')}</dt>
      <dd>
        ${dateTime(expiry, locale)}
        <span class="muted"
          >(${timer(expiry > now ? t('endsIn', { left: duration(expiry - now, locale) }) : t('ended'))})</span
        >
      </dd>
    </dl>`
}

function bars(usage: Usage, { grant, token, now, locale }: Shown): TemplateResult {
  const t = (key: TextKey, values?: Values) => say(locale, key, values)
  const shown = (atomic: bigint) => money(atomic, token, locale)
  const cap = BigInt(grant.spendCap)
  const used = BigInt(usage.spent) + BigInt(usage.reserved)
  return html`<div part="total">
      <p class="muted">${t('left')}</p>
      <p class="figure" part="remaining">${shown(BigInt(usage.left))}</p>
      <progress
        part="bar"
        max="1"
        .value=${share(used, cap)}
        aria-label=${t('spentOf', spent(usage.spent, cap, shown))}
      ></progress>
      <p>${t('spentOf', spent(usage.spent, cap, shown))}</p>
      ${
        usage.reserved === '0'
          ? nothing
          : html`<p class="muted">${t('heldFor', { held: shown(BigInt(usage.reserved)), n: usage.inFlight })}</p>`
      }
    </div>
    ${usage.window === null ? nothing : inPeriod(usage.window, { grant, token, now, locale })}`
}

/** What lies in its channels: a limit is no money. Nothing can be put in before the key is registered, nor while it is stopped. */
function funds({ grant, token, locale }: Shown, putIn: TemplateResult): TemplateResult | typeof nothing {
  const { onChain, usage, status } = grant
  if (status === 'draft') return nothing
  const canPay = status === 'active'
  if (onChain === null || usage === null) {
    return html`<p class="muted">${say(locale, 'fundedUnknown')}</p>
      ${canPay ? putIn : nothing}`
  }
  const left = BigInt(onChain.usage) - BigInt(usage.spent) - BigInt(usage.reserved)
  return html`<div class="stack" part="funds">
    ${
      left > 0n || !canPay
        ? html`<p>${say(locale, 'funded')}: ${money(left > 0n ? left : 0n, token, locale)}</p>`
        : html`<p class="notice warn">${say(locale, 'fundedNone')}</p>`
    }
    ${canPay ? putIn : nothing}
  </div>`
}

function inPeriod(window: NonNullable<Usage['window']>, { grant, token, now, locale }: Shown): TemplateResult {
  const t = (key: TextKey, values?: Values) => say(locale, key, values)
  const shown = (atomic: bigint) => money(atomic, token, locale)
  // Nothing is written down when a period passes: an old one that is over has been reset.
  const over = window.end <= now
  const periodsOn = over ? Math.floor((now - window.end) / grant.periodDuration) + 1 : 0
  const end = window.end + periodsOn * grant.periodDuration
  const amount = BigInt(grant.periodAmount)
  const values = spent(over ? '0' : window.spent, amount, shown)
  const left = over ? amount : BigInt(window.left)
  return html`<div part="period">
    <p class="muted">${t('leftPeriod', { at: dateTime(end, locale) })}</p>
    <p class="figure">${shown(left)}</p>
    <progress part="bar" max="1" .value=${share(amount - left, amount)} aria-label=${t('spentOf', values)}></progress>
    <p>${t('spentOf', values)}</p>
    <p class="muted">${timer(t('resetsIn', { left: duration(end - now, locale) }))}</p>
  </div>`
}

function spent(of: string, total: bigint, shown: (atomic: bigint) => string): Values {
  return { spent: shown(BigInt(of)), total: shown(total) }
}
