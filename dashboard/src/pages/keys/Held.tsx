/** What rules hold of a key: stops, and budgets. */
import { formatAmount } from '../../format/Money.ts'
import { Link, pathOf } from '../../Router.ts'
import { reasonOf } from '../../said/Said.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Time } from '../../ui/Time.tsx'
import type { Detail } from './Key.ts'
import { w } from './keyWords.ts'

type Stop = NonNullable<Detail['stops']>[number]
type Breaker = NonNullable<Detail['breakers']>[number]

export function Held({ row: { stops, breakers } }: { row: Detail }) {
  if (stops === null || breakers === null) {
    return (
      <Section title={w.stops()}>
        <p class="hint">{w.stopsUnknown()}</p>
      </Section>
    )
  }
  const open = stops.filter(({ releasedAt }) => releasedAt === null)
  return (
    <Section title={w.stops()}>
      {open.length === 0 && breakers.length === 0 && <p class="hint">{w.stopsNone()}</p>}
      <ul>
        {open.map((stop) => (
          <StopLine key={stop.id} stop={stop} />
        ))}
        {breakers.map((breaker) => (
          <BreakerLine key={breaker.scope} breaker={breaker} />
        ))}
      </ul>
    </Section>
  )
}

function StopLine({ stop }: { stop: Stop }) {
  const rule = stop.rule ?? '–'
  const said = stop.scope.startsWith('provider:')
    ? w.stopProvider()
    : stop.scope === 'owner'
      ? w.stopOwner({ rule })
      : w.stopPlatform({ rule })
  return (
    <li>
      <Badge tone="bad">{said}</Badge> {stop.kind === 'signature' ? w.stopSignature() : w.stopFrozen()},{' '}
      <span class="hint">
        {w.since()} <Time at={stop.at} ago />
      </span>
      {stop.cause !== null && <p class="hint">{`${w.why()}: ${reasonOf(stop.cause)}`}</p>}
      {stop.decision !== null && <Link to={pathOf('/decisions/:id', { id: stop.decision })}>{w.details()}</Link>}
    </li>
  )
}

const phases = { closed: w.breakerClosed, open: w.breakerOpen, 'half-open': w.breakerHalf } as const

const tones = { closed: 'good', open: 'bad', 'half-open': 'warn' } as const

function BreakerLine({ breaker: { scope, phase, spent, budget, cause } }: { breaker: Breaker }) {
  const whose = scope === 'owner' ? w.scopeOwner() : scope === 'platform' ? w.scopePlatform() : w.scopeProvider()
  const numbers = spent === null || budget === null ? '' : ` · ${formatAmount(spent)} / ${formatAmount(budget)} USDC`
  return (
    <li>
      {w.budget({ scope: whose })}
      <Badge tone={tones[phase]}>{phases[phase]()}</Badge>
      {numbers}
      {cause !== null && <p class="hint">{reasonOf(cause)}</p>}
    </li>
  )
}
