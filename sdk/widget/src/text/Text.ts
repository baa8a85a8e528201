/** Says things in one of the languages. Values are put in as they are: what comes out is text, never markup. */
import { en } from './en.ts'
import type { Locale } from './Locale.ts'

export type TextKey = keyof typeof en
export type Values = Readonly<Record<string, string | number>>
export type Texts = Readonly<Record<TextKey, string>>

/** English is always there; the other language comes when somebody reads it. */
const texts: Partial<Record<Locale, Texts>> = { en }
let coming: Promise<void> | undefined

/** Whether things can be said in this language already. */
export function isLoaded(locale: Locale): boolean {
  return texts[locale] !== undefined
}

/** Brings the texts of a language. Never rejects: what cannot be had is said in English. */
export function load(locale: Locale): Promise<void> {
  if (isLoaded(locale)) return Promise.resolve()
  coming ??= import('./zh.ts').then(
    ({ zh }) => {
      texts.zh = zh
    },
    () => {
      texts.zh = en
    },
  )
  return coming
}

/** `{name}` is replaced by the value; `{n|one|many}` chooses by a count. A value that is not given stays as written. */
export function say(locale: Locale, key: TextKey, values: Values = {}): string {
  const text = (texts[locale] ?? en)[key]
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name: string, one, many) => {
    const value = values[name]
    if (value === undefined) return whole
    if (one === undefined) return String(value)
    return Number(value) === 1 ? String(one) : String(many)
  })
}
