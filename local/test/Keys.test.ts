import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadKeys } from '../src/Keys.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-keys-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('keys are made once for a folder, and only their owner may read them', async () => {
  const keys = await loadKeys(directory)
  expect(await loadKeys(directory)).toEqual(keys)
  expect((await stat(join(directory, 'keys.json'))).mode & 0o077).toBe(0)
})

test('a folder that an earlier release made gets the keys that have come since, and keeps its own', async () => {
  const { operator: _, ...earlier } = await loadKeys(directory)
  await writeFile(join(directory, 'keys.json'), JSON.stringify(earlier))
  const keys = await loadKeys(directory)
  expect(keys).toEqual({ ...earlier, operator: expect.stringMatching(/^[\w-]{43}$/) })
  expect(JSON.parse(await readFile(join(directory, 'keys.json'), 'utf8'))).toEqual(keys)
})
