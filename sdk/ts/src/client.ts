/**
 * `@pbstream/sdk/client`: pays for requests.
 *
 * Runs where `fetch` and WebCrypto are: Node from 22 on, workerd, browsers. Nothing here needs more.
 */
export { type BudgetOptions, type Price } from './client/Budget.ts'
export { type AnthropicOptions, type OpenAIOptions } from './client/Bundles.ts'
export { type ChannelInfo } from './client/Channels.ts'
export { type Mode } from './client/Offers.ts'
export { createPayer, type Payer, type PayerOptions, type SessionInfo } from './client/Payer.ts'
export { type Pin } from './client/Pins.ts'
export { type Closed } from './client/Refunds.ts'
export { browserStorage, memoryStorage, type Storage } from './client/Storage.ts'
export { type WalletSigner } from './client/Wallet.ts'
export {
  AnswerLostError,
  BudgetExceededError,
  type BudgetLimit,
  ChannelStateError,
  DryRunError,
  HostNotAllowedError,
  NoUsableOfferError,
  type Payment,
  PaymentDeclinedError,
  UnknownContractError,
} from './errors/Payer.ts'
export { PBStreamError } from './errors/PBStreamError.ts'
