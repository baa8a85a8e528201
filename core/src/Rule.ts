/** Rules of Sentinel: what they can ask about, how they are written, and what they decide. See `rule/README.md`. */
export { backtest, type BacktestReport, type Outcome, type Recorded, type RuleOutcome } from './rule/Backtest.ts'
export { crossFeatures, crossVariables, type CrossFeature, type CrossFeatureName } from './rule/CrossFeature.ts'
export { crossInputs } from './rule/CrossInputs.ts'
export {
  decide,
  evaluate,
  evaluateCross,
  type Decision,
  type Effect,
  type Hit,
  type IsNoted,
  type Snoozes,
} from './rule/Evaluate.ts'
export { features, variables, type Feature, type FeatureName } from './rule/Feature.ts'
export type { LeaseOut, LeaseWish } from './rule/Future.ts'
export { inputs } from './rule/Inputs.ts'
export { KeyState, type Ask, type KeyStateJson, type LogEntry, type View } from './rule/KeyState.ts'
export { leaseCount, stops } from './rule/Lease.ts'
export { Lists } from './rule/Lists.ts'
export {
  actions,
  crossActions,
  InvalidRuleError,
  parse,
  parseList,
  severities,
  stopping,
  type Action,
  type CompiledRule,
  type List,
  type Rule,
  type RuleInput,
  type Rules,
  type Ruleset,
} from './rule/Schema.ts'
export { ScopeState, type CrossEvent, type ScopeStateJson, type ScopeView } from './rule/ScopeState.ts'
export { seeds, templates } from './rule/Seeds.ts'
