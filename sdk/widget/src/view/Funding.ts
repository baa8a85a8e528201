/** Where the money of a key is put in: nothing of a grant moves any. */
import { html, type TemplateResult } from 'lit'
import type { Locale } from '../text/Locale.ts'
import { say } from '../text/Text.ts'

/** `service`: its address; `id`: of the grant. */
export type Funding = { service: string; id: string; testnet: boolean; locale: Locale }

/** The page of the service on which the wallet signs a deposit into a channel of the key. */
export function topUpAddress({ service, id, testnet }: Omit<Funding, 'locale'>): string {
  const query = new URLSearchParams({ key: id, topUp: '1', mode: testnet ? 'test' : 'live' })
  return `${service}/app/funds?${query}`
}

export function topUp(funding: Funding): TemplateResult {
  const { service, locale } = funding
  return html`<p>
      <a class="button" part="top-up" href=${topUpAddress(funding)} target="_blank" rel="noopener noreferrer"
        >${say(locale, 'topUp')}</a
      >
    </p>
    <p class="muted">${say(locale, 'topUpNote', { service })}</p>`
}
