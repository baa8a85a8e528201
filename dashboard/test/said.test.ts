/** What core, zod and the API say in English has Chinese. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ErrorCode, errors } from '@pbstream/core/Errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ApiProblem } from '../src/api/Problem.ts'
import { inOneText, reasonOf, saidOf, saidOfError } from '../src/said/Said.ts'
import { locale } from '../src/text.ts'

/** Three Latin words in a row: a sentence, not a name or a unit. */
const ENGLISH = /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i
const isChinese = (text: string) => /\p{Script=Han}/u.test(text) && !ENGLISH.test(text)
const untold = (sentences: readonly string[]) =>
  sentences.filter((sentence) => {
    const { text, english } = saidOf(sentence)
    return english !== undefined || !isChinese(text)
  })

beforeEach(() => {
  locale.value = 'zh'
})
afterEach(() => {
  locale.value = 'en'
})

test('every code of the API', () => {
  const codes = Object.keys(errors) as ErrorCode[]
  const bodyOf = (code: ErrorCode) => ({ code, title: errors[code].title, hint: errors[code].hint })
  const bad = codes.filter((code) => !isChinese(new ApiProblem(errors[code].status, bodyOf(code)).message))
  expect(bad).toEqual([])
})

/** For each kind of issue schemas that find one, and what they find it in. */
const issues: { readonly [code in z.core.$ZodIssue['code']]: readonly [z.ZodType, unknown][] } = {
  invalid_type: [
    [z.string(), 1],
    [z.string(), undefined],
    [z.int(), 1.5],
    [z.array(z.string()), {}],
    [z.strictObject({}), []],
    [z.boolean(), null],
    [z.number(), Number.NaN],
    [z.record(z.string(), z.string()), 'x'],
  ],
  too_small: [
    [z.string().min(1), ''],
    [z.string().min(3), ''],
    [z.string().length(3), ''],
    [z.array(z.string()).min(1), []],
    [z.number().min(1), 0],
    [z.number().gt(1), 0],
    [z.int().positive(), 0],
  ],
  too_big: [
    [z.string().max(1), 'xx'],
    [z.array(z.string()).max(1), ['', '']],
    [z.array(z.string()).length(1), ['', '']],
    [z.number().max(1), 2],
    [z.number().lt(1), 2],
    [z.int(), 2 ** 60],
  ],
  invalid_format: [
    [z.string().regex(/^a$/), ''],
    [z.email(), ''],
    [z.url(), ''],
    [z.iso.datetime(), ''],
    [z.uuid(), ''],
    [z.string().startsWith('a'), ''],
    [z.string().endsWith('a'), ''],
    [z.string().includes('a'), ''],
  ],
  not_multiple_of: [[z.number().multipleOf(2), 3]],
  unrecognized_keys: [[z.strictObject({}), { a: 1, b: 2 }]],
  invalid_union: [
    [z.union([z.string(), z.number()]), null],
    [z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]), {}],
  ],
  invalid_key: [[z.record(z.string().max(1), z.string()), { long: '' }]],
  invalid_element: [[z.map(z.date(), z.string()), new Map([[new Date(0), 1]])]],
  invalid_value: [
    [z.enum(['a', 'b']), 'c'],
    [z.literal(1), 2],
  ],
  custom: [[z.string().refine(() => false), '']],
}

describe.each(Object.entries(issues))('zod: %s', (code, examples) => {
  test('is said in Chinese', () => {
    const found = examples.map(([schema, value]) => schema.safeParse(value).error?.issues[0])
    expect(found.map((issue) => issue?.code)).toEqual(examples.map(() => code))
    expect(untold(found.map((issue) => issue?.message ?? ''))).toEqual([])
  })
})

/** The sentences that sources of core hold, with `7` where they put something in. */
function sentencesOf(folder: string): string[] {
  const src = dirname(new URL(import.meta.resolve('@pbstream/core/Errors')).pathname)
  const text = globSync(join(src, folder, '*.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const said = [
    ...text.matchAll(/(?:report|#error|FormulaError|Failure)\(\s*('|`)((?:(?!\1)[^])+)\1/g),
    ...text.matchAll(/\.(?:refine|regex)\([^\n]*, (')([^']+)'\)/g),
  ]
  return said
    .map(([, , sentence]) => (sentence ?? '').replaceAll(/\$\{[^}]*\}/g, '7'))
    .filter((sentence) => /[a-z]{3}/.test(sentence))
}

test.each(['formula', 'rate'])('what core says of a %s', (folder) => {
  const sentences = sentencesOf(folder)
  expect(sentences.length).toBeGreaterThan(10)
  expect(untold(sentences)).toEqual([])
})

describe('a sentence that has no Chinese', () => {
  test('stands in English after one of ours', () => {
    expect(saidOf('a sentence of tomorrow')).toEqual({ text: '不符合要求', english: 'a sentence of tomorrow' })
    expect(inOneText(saidOf('a sentence of tomorrow'))).toBe('不符合要求（a sentence of tomorrow）')
    expect(saidOfError(new TypeError('x is not a function'))).toMatchObject({ english: 'x is not a function' })
  })

  test('beside a code it follows what the code says', () => {
    const problem = new ApiProblem(422, { code: 'path_reserved', detail: 'a detail of tomorrow' })
    expect(problem.said).toEqual({ text: expect.stringMatching(/\p{Script=Han}/u), english: 'a detail of tomorrow' })
  })

  test('of a code that is newer than the page it is the one that says to reload', () => {
    expect(new ApiProblem(422, { code: 'of_tomorrow', title: 'New' }).said.text).toContain('刷新')
  })
})

test('why something failed is said; what a person wrote, or the name of a rule, stays', () => {
  expect(['timeout', 'status_503', '3 of 20 calls failed within a minute'].map(reasonOf)).toEqual([
    '超时',
    '对方返回状态 503',
    '一分钟内 20 次调用中有 3 次失败',
  ])
  expect(reasonOf('Closed for the night')).toBe('Closed for the night')
})

test('a place in front of a sentence stays', () => {
  expect(saidOf('/rules/0/when: division by 0')).toEqual({ text: '/rules/0/when：除以 0' })
})

test('what was found in a sentence is put in as it stands', () => {
  expect(saidOf("'$1' is a reserved word")).toEqual({ text: '“$1”是保留字' })
})

test('what a page said stays, and follows no pattern', () => {
  expect(saidOfError(new Error('请输入金额。'))).toEqual({ text: '请输入金额。' })
})

describe('in English', () => {
  beforeEach(() => {
    locale.value = 'en'
  })

  test('zod speaks to people', () => {
    expect(saidOf('Too small: expected string to have >=1 characters').text).toBe('must not be empty')
    expect(saidOf('Too big: expected array to have <=32 items').text).toBe('at most 32 items')
    expect(saidOf('Invalid input: expected string, received undefined').text).toBe('this is missing')
  })

  test('anything else is said as it came', () => {
    expect(saidOf('min is above max')).toEqual({ text: 'min is above max' })
  })

  test('a problem says what its code means, and is said anew in another language', () => {
    const problem = new ApiProblem(409, { code: 'no_payout_change', title: 'No change waits', hint: 'Nothing to do.' })
    expect(problem.said.text).toBe('No change waits. Nothing to do.')
    locale.value = 'zh'
    expect(problem.said.text).toBe('没有等待生效的收款地址更改。')
  })
})
