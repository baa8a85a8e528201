/** Limits as a list of sentences, which no style of the page hides. */
import { html, type TemplateResult } from 'lit'
import type { Token } from '../format/Money.ts'
import { limitsInWords } from '../grant/InWords.ts'
import type { Amounts } from '../grant/Request.ts'
import type { Locale } from '../text/Locale.ts'

/** @param now Unix seconds, by the clock of the service. */
export function limitsView(limits: Amounts, token: Token, now: number, locale: Locale): TemplateResult {
  return html`<ul class="limits sure" part="limits">
    ${limitsInWords(limits, token, now, locale).map(({ text, loud }) => html`<li class=${loud ? 'loud' : ''}>${text}</li>`)}
  </ul>`
}
