import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { DeadLettersApi } from '@pbstream/core/message/Operations'
import { expect, test } from 'vitest'
import { KEEP_MS } from '../src/DeadLetters.ts'

const { LETTERS } = env as unknown as { LETTERS: DurableObjectNamespace }
let names = 0

function fresh() {
  const stub = LETTERS.getByName(`box${names++}`)
  return { stub, box: stub as unknown as DeadLettersApi }
}

const letter = (id: string) => ({ id, kind: 'unknown', detail: { issue: 'v' }, at: 5 }) as const

test('a letter is kept once, with its body, across a restart, until it is removed', async () => {
  const { stub, box } = fresh()
  await box.put(1, letter('a'), '{"n":1}')
  await box.put(1, letter('a'), '{"n":2}')
  await evictDurableObject(stub)
  expect(await box.list(1, 10)).toEqual({ letters: [letter('a')], depth: 1 })
  expect(await box.get(1, 'a')).toEqual({ letter: letter('a'), body: '{"n":1}' })
  await box.remove(1, 'a')
  await box.remove(1, 'a')
  expect(await box.list(1, 10)).toEqual({ letters: [], depth: 0 })
  expect(await box.get(1, 'a')).toBeUndefined()
})

test('after 30 days a letter is forgotten; a younger one has its own 30 days', async () => {
  const { stub, box } = fresh()
  await box.put(1, letter('old'), '{}')
  await box.put(1, letter('young'), '{}')
  const due = await runInDurableObject(stub, async (_, { storage }) => {
    storage.sql.exec(`UPDATE letter SET kept_at = kept_at - ? WHERE id = 'old'`, KEEP_MS)
    return storage.getAlarm()
  })
  expect(due).toBeGreaterThan(Date.now() + KEEP_MS - 60_000)
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect((await box.list(1, 10)).letters.map(({ id }) => id)).toEqual(['young'])
  expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBeGreaterThan(Date.now())
})

test('says how many there are, however few it shows', async () => {
  const { box } = fresh()
  for (const id of ['a', 'b', 'c']) await box.put(1, letter(id), '{}')
  const { letters, depth } = await box.list(1, 2)
  expect([letters.length, depth]).toEqual([2, 3])
})
