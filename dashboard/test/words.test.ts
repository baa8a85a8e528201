/** Every text of the dashboard is there in both languages and says the same values. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { locale, placeholders, say, type Words } from '../src/text.ts'

const src = join(import.meta.dirname, '../src')
const files = globSync(['**/words.ts', '**/*Words.ts', '**/Words.ts'], { cwd: src }).toSorted()

afterEach(() => {
  locale.value = 'en'
})

const isWords = (value: unknown): value is Words =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Words).en === 'string' &&
  typeof (value as Words).zh === 'string'

/** All words that a module exports, as tables of `defineWords` or alone, by where they stand. */
function wordsOf(value: unknown, place: string): [string, Words][] {
  if (isWords(value)) return [[place, value]]
  if (typeof value === 'function' && isWords((value as { words?: unknown }).words)) {
    return [[place, (value as unknown as { words: Words }).words]]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => wordsOf(inner, `${place}.${key}`))
}

describe.each(files)('%s', async (file) => {
  const module: unknown = await import(join(src, file))
  const all = wordsOf(module, file)

  test('has words', () => {
    expect(all.length).toBeGreaterThan(0)
  })

  test('says everything in both languages, with the same values', () => {
    const odd = all.filter(([, { en, zh }]) => {
      const [english, chinese] = [placeholders(en), placeholders(zh)]
      return en.trim() === '' || zh.trim() === '' || english.join() !== chinese.join()
    })
    expect(odd.map(([place]) => place)).toEqual([])
  })

  test('says it in Chinese where it says it in English', () => {
    // Names and units may be the same in both; a sentence never is.
    const same = all.filter(([, { en, zh }]) => en === zh && /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(en))
    expect(same.map(([place]) => place)).toEqual([])
  })
})

test('no text of a page stands outside of the tables, and none is put in as markup', () => {
  const sources = globSync('**/*.tsx', { cwd: src })
  const breaches = sources.filter((file) =>
    /dangerouslySetInnerHTML|innerHTML/.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(breaches).toEqual([])
})

describe('saying', () => {
  const words = { en: '{n} {n|key|keys} of {who}', zh: '{who} 的 {n} 个密钥' }

  test('fills in values, numbers as the language writes them, and picks the plural', () => {
    expect(say(words, { n: 1, who: 'Ada' })).toBe('1 key of Ada')
    expect(say(words, { n: 1234, who: 'Ada' })).toBe('1,234 keys of Ada')
    locale.value = 'zh'
    expect(say(words, { n: 1, who: 'Ada' })).toBe('Ada 的 1 个密钥')
  })

  test('takes what a value says for a text, never for a placeholder', () => {
    expect(say({ en: '{a}{b}', zh: '{a}{b}' }, { a: '{b}', b: '$&' })).toBe('{b}$&')
  })
})
