/** The words that cards are written in. */

/** Days of the week as cards name them, Monday first. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Hours and minutes of a day; 24:00 is its end. */
export const TIME = /^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/
export const DATE = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/

/** Units with a meaning of their own. Others are `custom.<name>`. */
export const UNITS = [
  'request',
  'input_token',
  'cached_token',
  'cache_write_token',
  'cache_write_1h_token',
  'output_token',
  'reasoning_token',
  'second',
  'byte',
  'image',
  'reported',
] as const

/** What a unit is priced as where a card has no component for it. */
export const PRICED_AS: Readonly<Record<string, string>> = {
  cached_token: 'input_token',
  cache_write_token: 'input_token',
  cache_write_1h_token: 'cache_write_token',
  reasoning_token: 'output_token',
}

/** Units that one bound is for: the bound of the first is that of all of them together. */
export const GROUPS: readonly (readonly string[])[] = [
  ['input_token', 'cached_token', 'cache_write_token', 'cache_write_1h_token'],
  ['output_token', 'reasoning_token'],
]

/** Minutes since midnight of a time that a card names. */
export function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}
