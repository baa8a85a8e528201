/** Options for the official SDKs of model providers, so that their calls are paid. */

/** Options of `new OpenAI(...)`. */
export type OpenAIOptions = { baseURL?: string; apiKey: string; fetch: typeof fetch; maxRetries: 0 }
/** Options of `new Anthropic(...)`. */
export type AnthropicOptions = { baseURL?: string; apiKey: string; fetch: typeof fetch; maxRetries: 0 }

/** Both SDKs insist on a key. Behind the gateway it is replaced by the provider's own. */
const NO_KEY = 'paid-per-request'

/**
 * `maxRetries` is 0: the payer's `fetch` repeats what may be repeated, under one id. An SDK's own retry is a new
 * request, which would be paid for again.
 */
export function bundle(payingFetch: typeof fetch, baseURL: string | undefined): OpenAIOptions & AnthropicOptions {
  const options = { apiKey: NO_KEY, fetch: payingFetch, maxRetries: 0 } as const
  return baseURL === undefined ? options : { ...options, baseURL }
}
