/** The limits as fields, each with its own error. */
import { html, nothing, type TemplateResult } from 'lit'
import { money } from '../format/Money.ts'
import { dateTime, period } from '../format/Time.ts'
import { durations, type Wrong } from '../grant/Draft.ts'
import type { Field } from '../grant/Request.ts'
import { say } from '../text/Text.ts'
import { legible } from './Explained.ts'
import type { Review } from './ReviewModel.ts'

type Edit = (field: Field, value: string) => void
/** `described`: the ids of what is said about the field. */
type Shown = { review: Review; edit: Edit; described: string | typeof nothing }
type Part = TemplateResult | typeof nothing

export function fieldsView(review: Review, edit: Edit): Part {
  const { terms, locale } = review
  const fields = terms.adjustable.filter((field) => optionsOf(field, review).length > 1 || !isList(field))
  if (fields.length === 0) return nothing
  return html`<details part="fields">
    <summary>${say(locale, 'adjust')}</summary>
    <div class="stack">
      <p class="muted">${say(locale, 'adjustNote')}</p>
      ${fields.map((field) => one(field, review, edit))}
    </div>
  </details>`
}

function one(field: Field, review: Review, edit: Edit): TemplateResult {
  const { locale, checked } = review
  const wrong = checked.errors[field]
  const isFree = isOptional(field, review)
  const hints = [...(isFree ? [`${field}-hint`] : []), ...(wrong === undefined ? [] : [`${field}-error`])]
  const shown: Shown = { review, edit, described: hints.length === 0 ? nothing : hints.join(' ') }
  const view =
    field === 'payees' || field === 'routes'
      ? list(field, shown)
      : field === 'periodDuration'
        ? choice(field, shown)
        : line(field, shown)
  return html`<div>
    ${view} ${isFree ? html`<p class="muted" id="${field}-hint">${say(locale, 'emptyMeans')}</p>` : nothing}
    ${wrong === undefined ? nothing : html`<p class="error" id="${field}-error">${inWords(wrong, review)}</p>`}
  </div>`
}

function line(field: Field, { review, edit, described }: Shown): TemplateResult {
  const isTime = field === 'expiry'
  return html`<label for=${field}>${labelOf(field, review)}</label>
    <input
      id=${field}
      part="input"
      type=${isTime ? 'datetime-local' : 'text'}
      inputmode=${isTime ? nothing : 'decimal'}
      autocomplete="off"
      .value=${review.draft[field]}
      ?required=${!isOptional(field, review)}
      aria-invalid=${review.checked.errors[field] !== undefined}
      aria-describedby=${described}
      @input=${(event: Event) => edit(field, (event.target as HTMLInputElement).value)}
    />`
}

function choice(field: 'periodDuration', { review, edit, described }: Shown): TemplateResult {
  const { terms, draft, checked, locale } = review
  return html`<label for=${field}>${say(locale, 'fieldDuration')}</label>
    <select
      id=${field}
      part="input"
      aria-invalid=${checked.errors[field] !== undefined}
      aria-describedby=${described}
      @change=${(event: Event) => edit(field, (event.target as HTMLSelectElement).value)}
    >
      ${durations(terms).map(
        (each) =>
          html`<option value=${each} ?selected=${String(each) === draft[field]}>
            ${say(locale, 'per', { period: period(each, locale) })}
          </option>`,
      )}
    </select>`
}

/** Those that the site named, each to be taken off the list. */
function list(field: 'payees' | 'routes', { review, edit, described }: Shown): TemplateResult {
  const chosen = review.draft[field].split('\n')
  const options = optionsOf(field, review)
  const toggle = (option: string, on: boolean) =>
    edit(field, options.filter((each) => (each === option ? on : chosen.includes(each))).join('\n'))
  return html`<fieldset aria-describedby=${described}>
    <legend>${say(review.locale, field)}</legend>
    ${options.map(
      (option, i) =>
        html`<label class="option"
          ><input
            id=${i === 0 ? field : nothing}
            part="input"
            type="checkbox"
            .checked=${chosen.includes(option)}
            @change=${(event: Event) => toggle(option, (event.target as HTMLInputElement).checked)}
          /><code>${option}</code></label
        >`,
    )}
  </fieldset>`
}

const isList = (field: Field) => field === 'payees' || field === 'routes'

function optionsOf(field: Field, { terms }: Pick<Review, 'terms'>): readonly string[] {
  return field === 'payees' ? terms.payees : field === 'routes' ? (terms.routes ?? []) : []
}

function isOptional(field: Field, { terms }: Pick<Review, 'terms'>): boolean {
  return (field === 'periodAmount' || field === 'perPaymentMax') && terms.most[field] === 0n
}

function labelOf(field: Field, { terms, draft, locale }: Review): string {
  const { symbol } = terms.token
  if (field === 'expiry') return say(locale, 'fieldEnd')
  if (field === 'spendCap') return say(locale, 'fieldTotal', { symbol })
  if (field === 'perPaymentMax') return say(locale, 'fieldPayment', { symbol })
  return say(locale, 'fieldPeriod', { symbol, period: period(Number(draft.periodDuration), locale) })
}

function inWords(wrong: Wrong, { terms, locale }: Pick<Review, 'terms' | 'locale'>): string {
  if (wrong.detail !== undefined) {
    const theirs = legible(wrong.detail, locale)
    return theirs === undefined ? say(locale, 'notTaken') : `${say(locale, wrong.key)} ${theirs}`
  }
  return say(locale, wrong.key, {
    ...(wrong.limit !== undefined && { limit: money(wrong.limit, terms.token, locale) }),
    ...(wrong.period !== undefined && { period: period(wrong.period, locale) }),
    ...(wrong.at !== undefined && { at: dateTime(wrong.at, locale) }),
  })
}
