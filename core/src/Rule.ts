/** Rules of Sentinel: what they can ask about, how they are written, and what they decide. See `rule/README.md`. */
export { backtest, type BacktestReport, type Outcome, type Recorded, type RuleOutcome } from './rule/Backtest.ts'
export { evaluate, type Decision, type Effect, type Hit, type Snoozes } from './rule/Evaluate.ts'
export { features, variables, type Feature, type FeatureName } from './rule/Feature.ts'
export { inputs } from './rule/Inputs.ts'
export { KeyState, type Ask, type KeyStateJson, type View } from './rule/KeyState.ts'
export { Lists } from './rule/Lists.ts'
export {
  actions,
  InvalidRuleError,
  parse,
  parseList,
  severities,
  type Action,
  type CompiledRule,
  type List,
  type Rule,
  type RuleInput,
  type Ruleset,
} from './rule/Schema.ts'
export { seeds } from './rule/Seeds.ts'
