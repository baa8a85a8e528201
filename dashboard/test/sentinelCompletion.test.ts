/** What the editor of conditions suggests, and what it says is wrong. */
import * as Rule from '@pbstream/core/Rule'
import { afterEach, describe, expect, test } from 'vitest'
import { accept, complete, vocabulary } from '../src/pages/sentinel/rules/Completion.ts'
import { compiler, lineAt, variablesOf } from '../src/pages/sentinel/rules/Compiled.ts'
import { explain } from '../src/pages/sentinel/rules/Explain.ts'
import type { Feature } from '../src/pages/sentinel/Types.ts'
import { locale } from '../src/text.ts'

const features: Feature[] = [
  ...Object.entries(Rule.features).map(([name, each]) => ({ name, ...each, over: ['session' as const] })),
  ...Object.entries(Rule.crossFeatures)
    .filter(([name]) => name.startsWith('scope.'))
    .map(([name, each]) => ({ name, ...each, over: ['cross' as const] })),
]
const words = vocabulary(features, ['home'], 'session', ({ about }) => about)
const namesAt = (text: string, asked = false, caret = text.length) =>
  complete(text, caret, words, asked)?.suggestions.map(({ name }) => name)

afterEach(() => {
  locale.value = 'en'
})

describe('suggestions', () => {
  test('begin with what begins so, then come parts that do', () => {
    expect(namesAt('amount > 1 && cou')?.slice(0, 3)).toEqual(['country', 'count.minute', 'count.hour'])
    expect(namesAt('payee')).toContain('new.payee')
  })

  test('are of this kind of rule only', () => {
    expect(namesAt('scope')).toBeUndefined()
    const cross = vocabulary(features, [], 'cross', ({ about }) => about)
    expect(complete('scope.k', 7, cross)?.suggestions.map(({ name }) => name)).toContain('scope.keys.hour')
  })

  test('have lists and functions', () => {
    expect(namesAt('country in li')).toEqual(['list.home'])
    expect(namesAt('mi')).toContain('min')
    expect(namesAt('route.st')).toContain('route.startsWith')
  })

  test('are silent within texts, comments and numbers, and for a word that is whole', () => {
    expect(namesAt('country == "am')).toBeUndefined()
    expect(namesAt('amount > 1 // am')).toBeUndefined()
    expect(namesAt('amount > 0xa')).toBeUndefined()
    expect(namesAt('balance.known')).toBeUndefined()
    expect(namesAt('country == "a" && am')).toContain('amount')
  })

  test('are there without a letter only when they are asked for', () => {
    expect(namesAt('amount > ')).toBeUndefined()
    expect(namesAt('amount > ', true)?.length).toBeGreaterThan(5)
  })

  test('take the place of the whole word, also what follows the caret', () => {
    const completion = complete('amo.x > 1', 3, words)
    const [first] = completion?.suggestions ?? []
    if (completion === undefined || first === undefined) throw new Error('no suggestion')
    expect(accept('amo.x > 1', completion, first)).toEqual({ text: 'amount > 1', caret: 6 })
  })
})

describe('a mistake', () => {
  const compile = compiler(variablesOf(features, ['home'], 'session'))
  const problemOf = async (text: string) => {
    const compiled = (await compile)(text)
    if (compiled.ok) throw new Error('it holds')
    return compiled.problem
  }

  test('has a place, and its message does not say it twice', async () => {
    expect(await problemOf('amount >\n  +')).toMatchObject({ line: 2, column: 3 })
    expect((await problemOf('amount')).message).toBe('the result is int, not bool')
  })

  test('is shown in its line', () => {
    expect(lineAt('a\nbc\nd', { line: 2, column: 2 })).toEqual({ text: 'bc', at: 1 })
    expect(lineAt('a', { line: 1, column: 9 })).toEqual({ text: 'a', at: 1 })
  })

  test('is said in Chinese', async () => {
    locale.value = 'zh'
    const texts = [
      'amount',
      'amount > 1.5',
      'amonut > 1',
      'amount > ',
      'amount > "x"',
      'null',
      '[1]',
      'size(amount) > 1',
    ]
    const said = await Promise.all(texts.map(async (text) => explain((await problemOf(text)).message)))
    expect(said.filter(({ text, english }) => english !== undefined || !/[\u4e00-\u9fff]/.test(text))).toEqual([])
  })

  test('of an unknown name does not list all that there are', async () => {
    const said = explain((await problemOf('amonut > 1')).message)
    expect(said).toEqual({ text: 'there is no amonut (Ctrl+Space shows what there is)' })
  })
})
