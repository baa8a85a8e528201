/** One decision: who was judged by which rules, what they read, and what each part came to. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { formatAmount } from '../../../format/Money.ts'
import { formatNumber } from '../../../format/Number.ts'
import { Link } from '../../../Router.ts'
import { inOneText, reasonOf, saidOf } from '../../../said/Said.ts'
import { mode } from '../../../Session.ts'
import { Address } from '../../../ui/Address.tsx'
import { Facts } from '../../../ui/Facts.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Time } from '../../../ui/Time.tsx'
import * as Calls from '../Calls.ts'
import { featureName, showValue, type Unit, unitOf } from '../Features.ts'
import { ActionBadge, EffectBadge, RuleName, SessionText, SeverityBadge, Span } from '../Parts.tsx'
import type { DecisionDetail, Hit } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { scopeName, w as shared } from '../words.ts'
import { outcome } from './DecisionsPage.tsx'
import { TreeView } from './TreeView.tsx'
import { w } from './words.ts'

export default function DecisionPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { id = '' } = params
  const { data, error, reload } = useLoad(
    async (signal) => {
      const [decision, features] = await Promise.all([Calls.decision(id, signal), Calls.features(signal)])
      return { decision, units: new Map(features.map(({ name, unit }) => [name, unitOf(unit)])) }
    },
    [id, mode.value],
  )
  return (
    <>
      <PageHead title={w.decision()}>
        <Link to={pathOf(whose, 'decisions')}>{w.back()}</Link>
      </PageHead>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && <Detail whose={whose} decision={data.decision} units={data.units} />}
    </>
  )
}

type Props = { whose: Whose; decision: DecisionDetail; units: ReadonlyMap<string, Unit> }

function Detail({ whose, decision, units }: Props): VNode {
  const { hits, cut, breaker, scope } = decision
  return (
    <>
      <Facts items={factsOf(whose, decision)} />
      {breaker !== null && (
        <Section title={w.breaker()}>
          <p>{w.spentOf({ spent: formatAmount(breaker.spent), budget: formatAmount(breaker.budget) })}</p>
        </Section>
      )}
      <Section title={w.hits()} hint={w.hitsHint()}>
        {hits.length === 0 && <p>{w.noHits()}</p>}
        {cut && <Notice tone="warn">{w.cut()}</Notice>}
        {hits.map((hit) => (
          <HitView key={hit.rule} whose={whose} hit={hit} units={units} mine={scope !== 'platform'} />
        ))}
      </Section>
    </>
  )
}

function factsOf(whose: Whose, decision: DecisionDetail): [string, VNode][] {
  const { at, lastAt, scope, session, action, effect, granted, amount, route, payee, country, repeats } = decision
  const { stop, until, cause } = decision
  const facts: ([string, VNode] | undefined)[] = [
    [shared.time(), <Span from={at} to={lastAt} />],
    [shared.action(), <ActionBadge action={action} />],
    [w.effect(), <EffectBadge effect={effect} />],
    [w.outcome(), <span>{outcome(granted)}</span>],
    [w.whose(), <span>{scopeName(scope)}</span>],
    [shared.key(), <SessionText session={session} />],
    amount === null ? undefined : [w.amount(), <span>{showValue(amount, 'money')}</span>],
    route === null ? undefined : [w.route(), <span class="mono">{route}</span>],
    payee === null || payee === '' ? undefined : [w.payee(), <Address value={payee} />],
    country === null || country === '' ? undefined : [w.country(), <span>{country}</span>],
    [w.repeats(), <span>{formatNumber(repeats)}</span>],
    stop === null ? undefined : [w.stop(), <Link to={pathOf(whose, 'stops', stop)}>{stop}</Link>],
    until === null ? undefined : [w.refusedUntil(), <Time at={until} />],
    cause === null ? undefined : [w.cause(), <span>{reasonOf(cause)}</span>],
  ]
  return facts.filter((fact) => fact !== undefined)
}

type HitProps = { whose: Whose; hit: Hit; units: ReadonlyMap<string, Unit>; mine: boolean }

function HitView({ whose, hit, units, mine }: HitProps): VNode {
  const inputs = Object.entries(hit.inputs).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return (
    <article class="sentinel-hit">
      <h3>
        <RuleName whose={whose} rule={hit.rule} mine={mine} /> · {shared.version({ n: hit.version })}
      </h3>
      <p class="sentinel-badges">
        <ActionBadge action={hit.action} /> <SeverityBadge severity={hit.severity} />{' '}
        <EffectBadge effect={hit.effect} />
      </p>
      {hit.error !== undefined && <Notice tone="warn">{w.whyFailed({ why: inOneText(saidOf(hit.error)) })}</Notice>}
      <h4>{w.condition()}</h4>
      <TreeView hit={hit} units={units} />
      <h4>{w.inputs()}</h4>
      <Facts items={inputs.map(([name, value]): [string, VNode] => [featureName(name), inputOf(name, value, units)])} />
    </article>
  )
}

/** Lists are recorded by their length. */
function inputOf(name: string, value: string, units: ReadonlyMap<string, Unit>): VNode {
  if (name.startsWith('list.')) return <span>{/^[0-9]+$/.test(value) ? w.listLength({ n: value }) : value}</span>
  return <span>{showValue(value, units.get(name) ?? 'plain')}</span>
}
