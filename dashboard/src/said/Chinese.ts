import type { problemWords } from '../api/words.ts'

/** A Chinese text for each code of a table of core, but for those that have words of their own in both languages. */
export type ChineseOf<Table> = { readonly [code in Exclude<keyof Table, keyof typeof problemWords>]: string }
