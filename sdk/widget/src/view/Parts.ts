/** Pieces that several elements show. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Failure } from '../Failure.ts'
import { say } from '../text/Text.ts'
import type { Locale } from '../text/Locale.ts'
import type { Wallet } from '../wallet/Discovery.ts'
import type { Eip1193 } from '../wallet/Provider.ts'
import { explained } from './Explained.ts'

/** What went wrong and what to do; words of others are marked as theirs. */
export function failureNotice(failure: Failure | undefined, locale: Locale): TemplateResult | typeof nothing {
  if (failure === undefined) return nothing
  const { text, theirs } = explained(failure, locale)
  return html`<div class="notice ${failure.code === 'rejected' ? '' : 'bad'}" part="failure" role="alert">
    <p>${text}</p>
    ${theirs === undefined ? nothing : html`<p class="muted">${theirs}</p>`}
  </div>`
}

/** Wallets to choose from; `busy` while one is asking the person. */
export function walletList(
  wallets: readonly Wallet[],
  { locale, busy, choose }: { locale: Locale; busy: boolean; choose: (provider: Eip1193) => unknown },
): TemplateResult {
  if (wallets.length === 0) return html`<p class="notice">${say(locale, 'noWallet')}</p>`
  return html`<ul class="wallets" part="wallets">
    ${wallets.map(
      ({ name, icon, provider }) =>
        html`<li>
          <button type="button" part="button wallet" ?disabled=${busy} @click=${() => choose(provider)}>
            ${icon === '' ? nothing : html`<img src=${icon} alt="" width="24" height="24" />`}
            <span>${name}</span>
          </button>
        </li>`,
    )}
  </ul>`
}

/** Time left, for the eye: a screen reader hears milestones instead. */
export function timer(text: string): TemplateResult {
  return html`<span role="timer" aria-live="off" part="countdown">${text}</span>`
}
