/**
 * Words in English and Chinese. A page has its own `words.ts`: `export const w = defineWords({ save: { en: 'Save', zh: '保存' } })`.
 *
 * Placeholders: `{name}` is a value (numbers are written as the language writes them); `{n|key|keys}` is the first word
 * when `n` is 1 and the second otherwise, and writes no number: `'{n} {n|key|keys}'`. Chinese has one form: `'{n} 个密钥'`.
 */
import { effect, signal } from '@preact/signals'
import { stored, store } from './Stored.ts'

export type Words = { en: string; zh: string }
export type Locale = 'en' | 'zh'
export type Values = Record<string, string | number>

/** The BCP 47 tag of each language, for `lang` and for Intl. */
export const TAGS: { readonly [locale in Locale]: string } = { en: 'en', zh: 'zh-CN' }

const isLocale = (value: string | undefined): value is Locale => value === 'en' || value === 'zh'

/** The language that was chosen here before, or else the browser's. */
function first(): Locale {
  const chosen = stored('locale')
  if (isLocale(chosen)) return chosen
  return (globalThis.navigator?.language ?? 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export const locale = signal<Locale>(first())

/** Keeps the choice, and tells screen readers and fonts which language the page is in. Called once, by the page. */
export function followLocale(): void {
  effect(() => {
    document.documentElement.lang = TAGS[locale.value]
  })
}

export function chooseLocale(to: Locale): void {
  locale.value = to
  store('locale', to)
}

const PLACE = /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g

/** The words in the language of the page. A component that calls it is drawn again when the language changes. */
export function say(words: Words, values: Values = {}): string {
  const language = locale.value
  return words[language].replace(PLACE, (whole, name: string, one?: string, many?: string) => {
    const value = values[name]
    if (value === undefined) return whole
    if (one !== undefined && many !== undefined) return value === 1 || value === '1' ? one : many
    return typeof value === 'number' ? new Intl.NumberFormat(TAGS[language]).format(value) : value
  })
}

/** Each entry becomes a function that says it. Its `words` are what the tests hold against each other. */
export function defineWords<T extends Record<string, Words>>(
  table: T,
): { [K in keyof T]: ((values?: Values) => string) & { readonly words: Words } } {
  const entries = Object.entries(table).map(([key, words]) => [
    key,
    Object.assign((values?: Values) => say(words, values), { words }),
  ])
  return Object.fromEntries(entries) as { [K in keyof T]: ((values?: Values) => string) & { readonly words: Words } }
}

/** The names of the placeholders of a text, sorted, each once. */
export function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(PLACE)].map(([, name]) => name ?? ''))].toSorted()
}
