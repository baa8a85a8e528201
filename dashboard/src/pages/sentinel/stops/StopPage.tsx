/** One stop: what is stopped and why, and how the key goes on. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { chainName } from '../../../Chains.ts'
import { Link } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { reasonOf } from '../../../said/Said.ts'
import { Address } from '../../../ui/Address.tsx'
import { Facts } from '../../../ui/Facts.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Countdown, Time } from '../../../ui/Time.tsx'
import * as Calls from '../Calls.ts'
import { RuleName } from '../Parts.tsx'
import type { Stop } from '../Types.ts'
import { pathOf, type Whose, whoseOf } from '../Whose.ts'
import { scopeName, w as shared } from '../words.ts'
import { Release } from './Release.tsx'
import { StopState } from './StopsPage.tsx'
import { w } from './words.ts'

export default function StopPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { id = '' } = params
  const { data: stop, error, reload } = useLoad((signal) => Calls.stop(id, signal), [id, mode.value])
  return (
    <>
      <PageHead title={w.stop()}>
        <Link to={pathOf(whose, 'stops')}>{w.back()}</Link>
      </PageHead>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {stop === undefined && error === undefined && <Loading />}
      {stop !== undefined && (
        <>
          {stop.releasedAt === null && (
            <Notice tone="warn">{stop.kind === 'frozen' ? w.frozenText() : w.signatureText()}</Notice>
          )}
          <Facts items={factsOf(whose, stop)} />
          {stop.releasedAt === null && <Release whose={whose} stop={stop} onDone={reload} />}
          <Resting key={`${stop.releasedAt}`} whose={whose} session={stop.session} />
        </>
      )}
    </>
  )
}

function factsOf(whose: Whose, stop: Stop): [string, VNode][] {
  const { rule, scope, version, decision, cause, at, releasedAt, reason, chainId, payer, key } = stop
  const isOver = releasedAt !== null
  const facts: ([string, VNode] | undefined)[] = [
    [w.state(), <StopState stop={stop} />],
    [w.since(), <Time at={at} ago />],
    [w.keyAddress(), <Address value={key} />],
    [w.payer(), <Address value={payer} />],
    [w.chain(), <span>{chainName(chainId)}</span>],
    [w.whose(), <span>{scopeName(scope)}</span>],
    [shared.rule(), <RuleOf whose={whose} rule={rule} version={version} mine={scope !== 'platform'} />],
    cause === null ? undefined : [w.why(), <span>{reasonOf(cause)}</span>],
    decision === null
      ? undefined
      : [w.decision(), <Link to={pathOf(whose, 'decisions', decision)}>{w.seeDecision()}</Link>],
    isOver ? [w.ending(), <Ending stop={stop} />] : undefined,
    isOver && reason !== null ? [shared.reason(), <span>{reason}</span>] : undefined,
  ]
  return facts.filter((fact) => fact !== undefined)
}

type RuleProps = { whose: Whose; rule: string | null; version: number | null; mine: boolean }

function RuleOf({ whose, rule, version, mine }: RuleProps): VNode {
  if (rule === null) return <span>{w.hidden()}</span>
  return (
    <span>
      <RuleName whose={whose} rule={rule} mine={mine} />
      {version === null ? '' : ` · ${shared.version({ n: version })}`}
    </span>
  )
}

function Ending({ stop: { releasedAt, releasedBy } }: { stop: Stop }): VNode {
  return (
    <span>
      <Time at={releasedAt} ago /> {releasedBy === null ? '' : w.by({ who: w[releasedBy]() })}
    </span>
  )
}

/** After a release the rule rests for the key: until when. */
function Resting({ whose, session }: { whose: Whose; session: string }): VNode {
  const { data, error, reload } = useLoad((signal) => Calls.snoozes(whose, session, signal), [session, whose.provider])
  return (
    <Section title={w.resting()} hint={w.snoozeHint()}>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data !== undefined && data.data.length === 0 && <p>{w.restingNone()}</p>}
      {data !== undefined && data.data.length > 0 && (
        <Facts
          items={data.data.map(({ rule, scope, until }): [string, VNode] => [
            `${rule} (${scopeName(scope)})`,
            <Countdown until={until} />,
          ])}
        />
      )}
    </Section>
  )
}
