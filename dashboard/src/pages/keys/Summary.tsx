/** What the key will be, in words, before it is made. */
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { chainName } from '../../Chains.ts'
import { mode } from '../../Session.ts'
import { Countdown } from '../../ui/Countdown.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { type Draft, list, termsOf } from './Draft.ts'
import { sentence, warnings } from './Sentence.ts'
import type { Chain } from './Terms.ts'
import { w } from './newWords.ts'

const warningWords = {
  noPeriod: w.noPeriodWarning,
  noPerPayment: w.noPerPaymentWarning,
  long: w.longWarning,
  periodAboveCap: w.periodAboveCapWarning,
  paymentAbovePeriod: w.paymentAbovePeriodWarning,
}

export function Summary({ draft, chain }: { draft: Draft; chain: Chain | undefined }) {
  const nowS = Math.floor(Date.now() / 1_000)
  const terms = termsOf(draft, nowS)
  const payees = list(draft.payees)
  const routes = list(draft.routes)
  const shown = payees.slice(0, 3).map(short).join(', ') + (payees.length > 3 ? ', …' : '')
  return (
    <Section title={w.summary()}>
      <p class="prose" aria-live="polite">
        <strong>{sentence(terms, nowS, chain?.token.symbol)}</strong>{' '}
        {payees.length === 0 ? w.noPayees() : w.payeesSummary({ n: payees.length, list: shown })}{' '}
        {!draft.anyRoute && w.routesSummary({ n: routes.length })} {chainName(draft.chainId)}.
      </p>
      {terms.expiry > nowS && (
        <p>
          <Countdown until={terms.expiry * 1_000} label={w.endsIn()} />
        </p>
      )}
      {warnings(terms, nowS).map((warning) => (
        <Notice key={warning} tone="warn">
          {warningWords[warning]()}
        </Notice>
      ))}
      <Similar payees={payees} />
      <p class="hint">{w.revoke()}</p>
    </Section>
  )
}

/** Keys that may already pay one of these: two are twice the money at risk. */
function Similar({ payees }: { payees: string[] }) {
  const query = { status: 'active' as const, limit: 100 }
  const { data: page } = useLoad(
    (signal) => data(api.GET('/session-keys', { params: { query }, signal })),
    [mode.value],
  )
  const wanted = new Set(payees.map((payee) => payee.toLowerCase()))
  const found = (page?.data ?? []).filter((key) => key.payees.some((payee) => wanted.has(payee)))
  return found.length === 0 ? null : <Notice tone="info">{w.similar({ n: found.length })}</Notice>
}
