/**
 * `@pbstream/sdk/verify`: makes the price of a quote or of a receipt again, from the card that the gateway publishes.
 *
 * Nothing is asked of anybody: keys and cards come in as the JSON that the gateway serves, and a receipt verifies for ever.
 */
export { verifyCharge, type ChargeVerdict } from './verify/Charge.ts'
export { cardUrl, KEYS_PATH, type PublishedCard } from './verify/Published.ts'
export { verifyQuote, type QuoteVerdict } from './verify/Quote.ts'
export { type Flaw } from './verify/Verdict.ts'
