/** The authorisation screen, from who asks down to how it is taken back. */
import { html, nothing, type TemplateResult } from 'lit'
import { chainName, short } from '../format/Address.ts'
import { oneLine } from '../format/Line.ts'
import { money } from '../format/Money.ts'
import { dateTime, duration } from '../format/Time.ts'
import { say, type TextKey, type Values } from '../text/Text.ts'
import { limitsView } from './Limits.ts'
import { timer } from './Parts.ts'
import { isLiving, type Existing, type Review } from './ReviewModel.ts'

type Part = TemplateResult | typeof nothing

export function reviewView(review: Review, fields: Part, switchNetwork: () => void): TemplateResult {
  const t = (key: TextKey, values?: Values) => say(review.locale, key, values)
  const { terms, checked, now, locale } = review
  const { limits } = checked
  return html`${who(review)}
    <section class="stack" aria-labelledby="limits">
      <h3 id="limits">${t('limits')}</h3>
      ${limitsView(limits, terms.token, now, locale)}
    </section>
    ${fields}
    <dl class="facts sure" part="facts">
      <dt>${t('payees')}</dt>
      <dd>${limits.payees.map((payee) => html`<div><code>${payee}</code></div>`)}</dd>
      <dt>${t('routes')}</dt>
      <dd>
        ${limits.routes === null ? t('anyRoute') : limits.routes.map((route) => html`<div><code>${oneLine(route, 100)}</code></div>`)}
      </dd>
      <dt>${t('starts')}</dt>
      <dd>${terms.start <= now ? t('startsNow') : dateTime(terms.start, locale)}</dd>
      <dt>${t('ends')}</dt>
      <dd>
        ${dateTime(limits.expiry, locale)}
        <span class="muted">(${timer(t('endsIn', { left: duration(limits.expiry - now, locale) }))})</span>
      </dd>
      <dt>${t('account')}</dt>
      <dd><code>${review.account}</code></dd>
      <dt>${t('network')}</dt>
      <dd>${network(review)}</dd>
      <dt>${t('balance')}</dt>
      <dd>${balance(review, switchNetwork)}</dd>
      <dt>${t('key')}</dt>
      <dd>${terms.key === undefined ? t('keyMade') : html`<code>${terms.key}</code><br />${t('keyGiven')}`}</dd>
    </dl>
    ${others(review)}
    <div class="stack muted">
      <p>${t('signNote')}</p>
      <p>
        ${t('revokeNote')}
        <a href="${review.service}/app/" target="_blank" rel="noopener noreferrer">${review.service}</a>
      </p>
    </div>`
}

function who({ terms, page, locale }: Review): TemplateResult {
  return html`<div class="stack" part="who">
    <p class="sure">${say(locale, 'from')} <code class="origin">${page.origin}</code></p>
    <p class="muted">${say(locale, 'nameNote')}</p>
    ${page.secure ? nothing : html`<p class="notice bad">${say(locale, 'insecure')}</p>`}
    ${
      page.around === undefined
        ? nothing
        : html`<p class="notice warn">${say(locale, 'framed', { site: page.around })}</p>`
    }
    ${
      terms.reason === ''
        ? nothing
        : html`<div>
            <p class="muted">${say(locale, 'theirReason')}</p>
            <blockquote part="reason" dir="auto">${terms.reason}</blockquote>
          </div>`
    }
  </div>`
}

function network({ terms, testnet, locale }: Review): string {
  const name = chainName(terms.chainId)
  return testnet ? say(locale, 'testNetwork', { name }) : name
}

function balance({ balance: has, terms, chainId, checked, locale }: Review, switchNetwork: () => void): Part {
  const t = (key: TextKey, values?: Values) => say(locale, key, values)
  if (chainId !== terms.chainId) {
    return html`<span class="muted">${t('balanceElsewhere', { network: chainName(terms.chainId) })}</span>
      <button type="button" part="button" @click=${switchNetwork}>${t('switchNetwork')}</button>`
  }
  if (has === undefined) return html`<span class="muted">${t('loading')}</span>`
  if (has === null) return html`<span class="muted">${t('balanceUnknown')}</span>`
  const less = has < checked.limits.spendCap
  return html`${money(has, terms.token, locale)}
  ${less ? html`<span class="muted">(${t('belowTotal')})</span>` : nothing}`
}

function others(review: Review): Part {
  const { existing, now, locale } = review
  const living = existing.filter((each) => isLiving(each, now))
  if (living.length === 0) return html`<p class="muted" part="existing">${say(locale, 'existingNone')}</p>`
  return html`<details part="existing">
    <summary>${say(locale, 'existing', { n: living.length })}</summary>
    <ul>
      ${living.map((each) => html`<li>${other(each, review)}</li>`)}
    </ul>
  </details>`
}

function other({ remembered, grant }: Existing, { terms, locale }: Review): Part {
  const t = (key: TextKey, values?: Values) => say(locale, key, values)
  const head = html`<bdi><b>${oneLine(remembered.name, 100)}</b></bdi>
    <span class="muted">${chainName(remembered.chainId)}</span>`
  if (grant === undefined) return html`${head}: ${t('loading')}`
  if (grant === null) return html`${head}: ${t('existingUnknown')}`
  const { symbol, decimals, address } = terms.token
  const token =
    grant.token === address ? { address, symbol, decimals } : { address, symbol: short(grant.token), decimals: 0 }
  const left = grant.usage === null ? '?' : money(BigInt(grant.usage.left), token, locale)
  return html`${head}: ${t(`status_${grant.status}`)},
  ${t('existingLeft', { left, end: dateTime(grant.expiry, locale) })}`
}
