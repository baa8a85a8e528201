/** Breakers of a provider and of its routes: how they are, and opening and closing them by hand. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoad } from '../../../api/Load.ts'
import { mode } from '../../../Session.ts'
import { reasonOf } from '../../../said/Said.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Facts } from '../../../ui/Facts.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Table } from '../../../ui/Table.tsx'
import { Countdown, Time } from '../../../ui/Time.tsx'
import * as Calls from '../Calls.ts'
import type { Breaker } from '../Types.ts'
import { w as shared } from '../words.ts'
import { subjectName } from './Subject.ts'
import { Turn, type Turning } from './Turn.tsx'
import { w } from './words.ts'

/** While one of them is open or half open it changes by itself. */
const AGAIN_MS = 5_000

export default function BreakersPage({ params }: { params: Record<string, string> }): VNode {
  const { provider = '' } = params
  const { data, error, reload } = useLoad((signal) => Calls.breakers(provider, signal), [provider, mode.value], {
    everyMs: AGAIN_MS,
  })
  const [turning, setTurning] = useState<Turning>()
  const whole = `provider:${provider}`
  const isOpen = data?.some(({ subject, phase }) => subject === whole && phase !== 'closed') ?? false
  return (
    <>
      <PageHead title={shared.breakers()} text={w.hint()}>
        {!isOpen && (
          <Button kind="danger" onClick={() => setTurning({ subject: whole, act: 'open' })}>
            {w.openAll()}
          </Button>
        )}
      </PageHead>
      {error !== undefined && data === undefined ? (
        <Failed error={error} retry={reload} />
      ) : (
        <Table
          caption={shared.breakers()}
          columns={columns(setTurning)}
          rows={data ?? []}
          keyOf={({ subject }) => subject}
          loading={data === undefined}
          empty={<Empty title={w.emptyTitle()} text={w.emptyText()} />}
        />
      )}
      <Section title={w.meaning()}>
        <Facts
          items={[
            [w.closed(), w.closedText()],
            [w.open(), w.openText()],
            [w.halfOpen(), w.halfOpenText()],
          ]}
        />
      </Section>
      {turning !== undefined && (
        <Turn
          turning={turning}
          onClose={() => setTurning(undefined)}
          onDone={() => {
            setTurning(undefined)
            reload()
          }}
        />
      )}
    </>
  )
}

export function PhaseBadge({ phase }: { phase: Breaker['phase'] }): VNode {
  if (phase === 'closed') return <Badge tone="good">{w.closed()}</Badge>
  return phase === 'open' ? <Badge tone="bad">{w.open()}</Badge> : <Badge tone="warn">{w.halfOpen()}</Badge>
}

function columns(turn: (turning: Turning) => void) {
  return [
    { key: 'subject', head: w.subject(), cell: ({ subject }: Breaker) => <span>{subjectName(subject)}</span> },
    { key: 'phase', head: w.state(), cell: ({ phase }: Breaker) => <PhaseBadge phase={phase} /> },
    { key: 'at', head: w.since(), cell: ({ at }: Breaker) => <Time at={at} ago /> },
    { key: 'next', head: w.next(), cell: (breaker: Breaker) => <Next breaker={breaker} /> },
    {
      key: 'cause',
      head: w.cause(),
      cell: ({ cause }: Breaker) => <span class="words">{cause === null ? '—' : reasonOf(cause)}</span>,
    },
    {
      key: 'turn',
      head: shared.action(),
      cell: ({ subject, phase, cause }: Breaker) => (
        <span class="sentinel-actions">
          {phase !== 'closed' && <Button onClick={() => turn({ subject, act: 'close', cause })}>{w.doClose()}</Button>}
          {phase !== 'open' && <Button onClick={() => turn({ subject, act: 'open' })}>{w.doOpen()}</Button>}
        </span>
      ),
    },
  ]
}

function Next({ breaker: { phase, until } }: { breaker: Breaker }): VNode {
  if (phase === 'closed') return <span>—</span>
  if (phase === 'half-open') return <span>{w.probing()}</span>
  return until === null ? <span>{w.untilClosed()}</span> : <Countdown until={until} />
}
