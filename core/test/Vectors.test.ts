import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runners } from './support/runners.ts'

type VectorFile = {
  description: string
  cases: { id: number; comment: string; input: unknown; result: 'valid' | 'invalid'; output?: unknown }[]
}

const folder = join(import.meta.dirname, '../vectors')
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

test('every vector file has a runner, and every runner a file', () => {
  expect(files.map((name) => name.replace('.json', '')).toSorted()).toEqual(Object.keys(runners).toSorted())
})

describe.each(files)('%s', (name) => {
  const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as VectorFile

  test('at least half of its cases are invalid, and ids count from 1', () => {
    expect(file.cases.filter(({ result }) => result === 'invalid').length * 2).toBeGreaterThanOrEqual(file.cases.length)
    expect(file.cases.map(({ id }) => id)).toEqual(file.cases.map((_, i) => i + 1))
  })

  test.each(file.cases)('$id $comment: $result', async ({ input, result, output }) => {
    const run = runners[name.replace('.json', '')]
    const outcome = await run?.(input as never)
    expect(outcome).toEqual({ result, ...(output === undefined ? {} : { output }) })
  })
})
