/** Circuit breakers: when money or an upstream is to be stopped at once, and when it goes on. See `breaker/README.md`. */
export {
  admit,
  answer,
  closed,
  opensUntil,
  phase,
  release,
  trip,
  type Admission,
  type Options,
  type Phase,
  type State,
} from './breaker/State.ts'
export { health, money, type HealthOptions, type Judgement, type MoneyOptions } from './breaker/Judge.ts'
