/** The limits as fields, each with its own error. */
import { html, nothing, type TemplateResult } from 'lit'
import { money } from '../format/Money.ts'
import { dateTime, period } from '../format/Time.ts'
import type { Wrong } from '../grant/Draft.ts'
import type { Field } from '../grant/Request.ts'
import { say } from '../text/Text.ts'
import type { Review } from './ReviewModel.ts'

type Edit = (field: Field, value: string) => void

export function fieldsView(review: Review, edit: Edit): TemplateResult | typeof nothing {
  const { terms, locale } = review
  if (terms.adjustable.length === 0) return nothing
  return html`<details part="fields">
    <summary>${say(locale, 'adjust')}</summary>
    <div class="stack">
      <p class="muted">${say(locale, 'adjustNote')}</p>
      ${terms.adjustable.map((field) => one(field, review, edit))}
    </div>
  </details>`
}

function one(field: Field, { terms, draft, checked, locale }: Review, edit: Edit): TemplateResult {
  const wrong = checked.errors[field]
  const isTime = field === 'expiry'
  const optional = !isTime && field !== 'spendCap' && terms.most[field] === 0n
  const hints = [...(optional ? [`${field}-hint`] : []), ...(wrong === undefined ? [] : [`${field}-error`])]
  return html`<div>
    <label for=${field}>${labelOf(field, { terms, draft, locale })}</label>
    <input
      id=${field}
      part="input"
      type=${isTime ? 'datetime-local' : 'text'}
      inputmode=${isTime ? nothing : 'decimal'}
      autocomplete="off"
      .value=${draft[field]}
      ?required=${!optional}
      aria-invalid=${wrong === undefined ? 'false' : 'true'}
      aria-describedby=${hints.length === 0 ? nothing : hints.join(' ')}
      @input=${(event: Event) => edit(field, (event.target as HTMLInputElement).value)}
    />
    ${optional ? html`<p class="muted" id="${field}-hint">${say(locale, 'emptyMeans')}</p>` : nothing}
    ${wrong === undefined ? nothing : html`<p class="error" id="${field}-error">${inWords(wrong, { terms, locale })}</p>`}
  </div>`
}

function labelOf(field: Field, { terms, draft, locale }: Pick<Review, 'terms' | 'draft' | 'locale'>): string {
  const { symbol } = terms.token
  if (field === 'expiry') return say(locale, 'fieldEnd')
  if (field === 'spendCap') return say(locale, 'fieldTotal', { symbol })
  if (field === 'perPaymentMax') return say(locale, 'fieldPayment', { symbol })
  return say(locale, 'fieldPeriod', { symbol, period: period(draft.periodDuration, locale) })
}

function inWords(wrong: Wrong, { terms, locale }: Pick<Review, 'terms' | 'locale'>): string {
  if (wrong.detail !== undefined) return `${say(locale, wrong.key)} ${wrong.detail}`
  return say(locale, wrong.key, {
    ...(wrong.limit === undefined ? {} : { limit: money(wrong.limit, terms.token, locale) }),
    ...(wrong.at === undefined ? {} : { at: dateTime(wrong.at, locale) }),
  })
}
