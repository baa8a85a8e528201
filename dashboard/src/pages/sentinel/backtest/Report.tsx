/** What came of a backtest: in all, per rule and per key. */
import type { VNode } from 'preact'
import { formatNumber } from '../../../format/Number.ts'
import { formatTime } from '../../../format/Time.ts'
import { Badge } from '../../../ui/Badge.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Money } from '../../../ui/Money.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Stat, Stats } from '../../../ui/Stat.tsx'
import { Table } from '../../../ui/Table.tsx'
import { ActionBadge, SessionText } from '../Parts.tsx'
import type { Backtest } from '../Types.ts'
import { w as shared } from '../words.ts'
import { w } from './words.ts'

type OfRule = Backtest['rules'][number]
type OfKey = Backtest['byKey'][number]
/** What both say of what was stopped. */
type Outcome = Pick<OfRule & OfKey, 'stopped' | 'saved' | 'honestStopped' | 'honestStoppedAmount' | 'delayed'>

export function Report({ report }: { report: Backtest }): VNode {
  const { payments, complete, until, passedOver } = report
  if (payments === 0) return <Empty title={w.emptyTitle()} text={w.emptyText()} />
  return (
    <div class="sentinel-report">
      {!complete && <Notice tone="warn">{w.incomplete({ until: formatTime(until) })}</Notice>}
      {passedOver.length > 0 && <Notice tone="info">{w.passedOver({ rules: passedOver.join(', ') })}</Notice>}
      <Totals report={report} />
      <Section title={w.perRule()} hint={w.perRuleHint()}>
        <Table
          caption={w.perRule()}
          columns={ruleColumns()}
          rows={report.rules}
          keyOf={({ rule }) => rule}
          empty={<p class="hint">{w.noMatches()}</p>}
        />
      </Section>
      <Section title={w.perKey()} hint={w.perKeyHint()}>
        <Table
          caption={w.perKey()}
          columns={keyColumns()}
          rows={report.byKey}
          keyOf={({ session }) => session}
          empty={<p class="hint">{w.noKeys()}</p>}
        />
      </Section>
    </div>
  )
}

function Totals({ report }: { report: Backtest }): VNode {
  const { payments, amount, keys, frozenKeys, abuse, stopped, stoppedAmount, saved, delayed } = report
  const { honestStopped, honestStoppedAmount } = report
  return (
    <Stats>
      <Stat label={w.saved()} value={<Money atomic={saved} />} hint={w.savedHint()} />
      <Stat label={w.honest()} value={formatNumber(honestStopped)} hint={<Money atomic={honestStoppedAmount} />} />
      <Stat label={w.stoppedAll()} value={formatNumber(stopped)} hint={<Money atomic={stoppedAmount} />} />
      <Stat label={w.delayed()} value={formatNumber(delayed)} hint={w.delayedHint()} />
      <Stat label={w.payments()} value={formatNumber(payments)} hint={<Played amount={amount} abuse={abuse} />} />
      <Stat label={w.keys()} value={formatNumber(keys)} hint={w.ofKeys({ n: keys, frozen: frozenKeys })} />
    </Stats>
  )
}

function Played({ amount, abuse }: { amount: string; abuse: number }): VNode {
  return (
    <>
      <Money atomic={amount} /> · {w.marked({ n: abuse })}
    </>
  )
}

const END = { align: 'end' as const }

function ruleColumns() {
  return [
    { key: 'rule', head: shared.rule(), cell: ({ rule }: OfRule) => <span class="mono">{rule}</span> },
    { key: 'action', head: shared.action(), cell: ({ action }: OfRule) => <ActionBadge action={action} /> },
    { key: 'matches', head: w.matches(), ...END, cell: ({ matches }: OfRule) => <span>{formatNumber(matches)}</span> },
    { key: 'keys', head: w.keys(), ...END, cell: ({ keys }: OfRule) => <span>{formatNumber(keys)}</span> },
    {
      key: 'withoutValue',
      head: w.withoutValue(),
      ...END,
      cell: ({ withoutValue }: OfRule) => <span>{formatNumber(withoutValue)}</span>,
    },
    ...outcomeColumns(),
  ]
}

/** Whom a draft would hit: honest keys among them are what to look at before it is published. */
function keyColumns() {
  return [
    { key: 'key', head: shared.key(), cell: ({ session }: OfKey) => <SessionText session={session} /> },
    {
      key: 'frozen',
      head: w.frozenKey(),
      cell: ({ frozen }: OfKey) => (frozen ? <Badge tone="bad">{shared.yes()}</Badge> : shared.no()),
    },
    { key: 'payments', head: w.payments(), ...END, cell: ({ payments }: OfKey) => formatNumber(payments) },
    { key: 'amount', head: w.paid(), ...END, cell: ({ amount }: OfKey) => <Money atomic={amount} symbol="" /> },
    ...outcomeColumns(),
  ]
}

/** What was stopped, and whether it was right to. */
function outcomeColumns() {
  return [
    {
      key: 'stopped',
      head: w.stoppedAll(),
      ...END,
      cell: ({ stopped }: Outcome) => <span>{formatNumber(stopped)}</span>,
    },
    { key: 'saved', head: w.saved(), ...END, cell: ({ saved }: Outcome) => <Money atomic={saved} symbol="" /> },
    {
      key: 'honest',
      head: w.honest(),
      ...END,
      cell: ({ honestStopped }: Outcome) => <span>{formatNumber(honestStopped)}</span>,
    },
    {
      key: 'honestAmount',
      head: w.honestAmount(),
      ...END,
      cell: ({ honestStoppedAmount }: Outcome) => <Money atomic={honestStoppedAmount} symbol="" />,
    },
    { key: 'delayed', head: w.delayed(), ...END, cell: ({ delayed }: Outcome) => <span>{formatNumber(delayed)}</span> },
  ]
}
