/** Small parts that all pages of Sentinel show the same way. */
import type { VNode } from 'preact'
import { formatTime } from '../../format/Time.ts'
import { Link } from '../../Router.ts'
import { Badge } from '../../ui/Badge.tsx'
import { actionName, effectName, severityName, w } from './words.ts'
import { pathOf, type Whose } from './Whose.ts'

type Tone = 'info' | 'warn' | 'bad' | 'good'

const OF_ACTION: Record<string, Tone> = {
  allow: 'good',
  alert: 'info',
  throttle: 'warn',
  require_signature: 'warn',
  breaker: 'warn',
  block: 'bad',
  freeze: 'bad',
}

const OF_SEVERITY: Record<string, Tone> = { medium: 'warn', high: 'bad', critical: 'bad' }

export function ActionBadge({ action }: { action: string }): VNode {
  return <Badge tone={OF_ACTION[action] ?? 'info'}>{actionName(action)}</Badge>
}

export function SeverityBadge({ severity }: { severity: string }): VNode {
  return <Badge tone={OF_SEVERITY[severity] ?? 'info'}>{severityName(severity)}</Badge>
}

export function EffectBadge({ effect }: { effect: string }): VNode {
  return <Badge tone={effect === 'done' ? 'good' : effect === 'failed' ? 'bad' : 'info'}>{effectName(effect)}</Badge>
}

/** A key by its session, shortened; the whole of it in the title. A session ends in the address of the key. */
export function SessionText({ session }: { session: string }): VNode {
  const address = /0x[0-9a-fA-F]{40}$/.exec(session)?.[0]
  const text = address === undefined ? session : `${address.slice(0, 6)}…${address.slice(-4)}`
  return (
    <span class="mono" title={session}>
      {text}
    </span>
  )
}

/** Calls of which nothing is known but the name: the money breaker of a set is no rule. */
const BREAKER = '$breaker'

/** `mine`: whether it stands in the set that the reader edits, so that there is a page to go to. */
export function RuleName({ whose, rule, mine }: { whose: Whose; rule: string | null; mine: boolean }): VNode {
  if (rule === null) return <span>—</span>
  if (rule === BREAKER) return <Link to={pathOf(whose, 'budget')}>{w.budget()}</Link>
  if (!mine) return <span class="mono">{rule}</span>
  return (
    <Link to={pathOf(whose, 'rules', 'edit', rule)} class="mono">
      {rule}
    </Link>
  )
}

/** Two times of which the second may be the same. */
export function Span({ from, to }: { from: string; to: string }): VNode {
  return (
    <span>
      {formatTime(from)}
      {to === from ? '' : ` – ${formatTime(to)}`}
    </span>
  )
}
