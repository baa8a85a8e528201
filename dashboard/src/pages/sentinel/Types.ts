/** What the API calls the things of Sentinel. Amounts are decimal strings of atomic units, times ISO strings. */
import type { components } from '../../api/Schema.d.ts'

type Schemas = components['schemas']

/** What a key may spend in a while: the breaker of the set. */
export type MoneyBreaker = NonNullable<Schemas['NewRuleset']['breaker']>
export type Ruleset = Schemas['Ruleset']
/** A rule as it is in force: all its members, and a version. */
export type Rule = Schemas['Rule']
export type NewRule = Schemas['NewRule']
export type RuleList = Schemas['RuleList']
export type Verdict = Schemas['RulesVerdict']
export type Feature = Schemas['RuleFeature']
export type Revision = Schemas['RulesetRevision']
export type Version = Schemas['RuleVersion']
export type Decision = Schemas['SentinelDecision']
export type DecisionDetail = Schemas['SentinelDecisionDetail']
export type Hit = DecisionDetail['hits'][number]
export type Step = Hit['nodes'][number]
export type Result = Schemas['RuleResult']
export type Stop = Schemas['StopOfKey']
export type Breaker = Schemas['Breaker']
export type Channel = Schemas['AlertChannel']
export type NewChannel = Schemas['NewAlertChannel']
export type ChannelEdit = Schemas['AlertChannelEdit']
export type Delivery = Schemas['AlertDelivery']
export type Snooze = Schemas['Snooze']
export type Backtest = Schemas['RuleBacktest']
export type NewBacktest = Schemas['NewBacktest']

export type Over = NonNullable<Rule['over']>
export type Action = Rule['action']
export type Severity = Rule['severity']
export type State = NonNullable<Rule['state']>

/** From the mildest to the hardest: of all rules that match, the hardest action is done. */
export const ACTIONS = ['allow', 'alert', 'throttle', 'require_signature', 'block', 'freeze'] as const
/** What a rule over many keys may do: it sees calls after they were made. */
export const CROSS_ACTIONS = ['allow', 'alert', 'block', 'freeze'] as const
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const
export const EFFECTS = ['done', 'shadow', 'snoozed', 'failed'] as const
/** Of a rule: asked and kept only, asked and done, not asked. */
export const STATES = ['shadow', 'enabled', 'off'] as const
