/** What every entry of the server side exports beside its own. */
export { type Binding, type Resource } from './Deployment.ts'
export { ConfigurationError, type PaywallOptions } from './Options.ts'
export { type Payment, type Usage, UsageError } from './Payment.ts'
export { InvalidPriceError, type MeteredPrice, type Price } from './Price.ts'
export { type ReplayStore } from './Replays.ts'
