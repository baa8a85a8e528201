import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserStorage, memoryStorage, type Storage } from '../../src/client.ts'
import { Budget } from '../../src/client/Budget.ts'
import { fileStorage } from '../../src/client/file.ts'
import { FakeGateway } from './FakeGateway.ts'
import { payerAt, randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-payer-'))
})
afterAll(() => rm(directory, { recursive: true }))

function localStorageStub() {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
}

describe.each<[string, () => Storage]>([
  ['memory', memoryStorage],
  ['file', () => fileStorage(join(directory, 'contract'))],
  [
    'browser',
    () => {
      vi.stubGlobal('localStorage', localStorageStub())
      return browserStorage()
    },
  ],
])('the %s store', (_, create) => {
  test('keeps, replaces and forgets', async () => {
    const store = create()
    expect(await store.get('a/b')).toBeUndefined()
    await store.set('a/b', 'one')
    await store.set('a/b', 'two')
    expect(await store.get('a/b')).toBe('two')
    await store.delete('a/b')
    expect(await store.get('a/b')).toBeUndefined()
  })

  test('lets nobody in between under a lock, and lets go when the work throws', async () => {
    const store = create()
    await store.set('n', '0')
    const add = () =>
      store.lock('n', async () => {
        const n = Number(await store.get('n'))
        await Promise.resolve()
        await store.set('n', String(n + 1))
      })
    await expect(store.lock('n', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await Promise.all(Array.from({ length: 20 }, add))
    expect(await store.get('n')).toBe('20')
  })
})

describe('the file store', () => {
  test('is readable by its owner only, and leaves no drafts', async () => {
    const folder = join(directory, 'modes')
    await fileStorage(folder).set('secret', 'x')
    const names = await readdir(folder)
    expect(names).toHaveLength(1)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, names[0] ?? ''))).mode & 0o777).toBe(0o600)
  })

  test('locks out another process on the same folder', async () => {
    const [one, two] = [fileStorage(join(directory, 'two')), fileStorage(join(directory, 'two'))]
    await one.set('n', '0')
    const add = (store: Storage) =>
      store.lock('n', async () => {
        const n = Number(await store.get('n'))
        await store.set('n', String(n + 1))
      })
    await Promise.all(Array.from({ length: 30 }, (_, i) => add(i % 2 === 0 ? one : two)))
    expect(await one.get('n')).toBe('30')
  })

  test('takes over the lock of a process that has gone', async () => {
    const folder = join(directory, 'stale')
    const store = fileStorage(folder)
    let lock = ''
    await store.lock('n', async () => {
      lock = join(folder, (await readdir(folder)).find((name) => name.endsWith('.lock')) ?? '')
    })
    await writeFile(lock, 'a process that was killed')
    await utimes(lock, new Date(0), new Date(0))
    expect(await store.lock('n', async () => 'mine')).toBe('mine')
  })
})

describe('two processes with one store', () => {
  test('sign no voucher twice and stay within one budget', async () => {
    const gateway = new FakeGateway()
    gateway.price = 10_000n
    gateway.leaseCount = 5
    const key = randomKey()
    const options = () => ({ key, storage: fileStorage(join(directory, 'shared')), budget: { total: '0.2' } })
    const [one, two] = [payerAt(gateway, options()).pay, payerAt(gateway, options()).pay]
    const calls = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : two).fetch(`https://api.example/a?${i}`))
    const served = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length
    expect(served).toBe(gateway.served.length)
    expect(gateway.channel?.chargedCumulative).toBe(BigInt(served) * 10_000n)
    expect(gateway.accepted).toBeLessThanOrEqual(200_000n)
    expect(served).toBe(20)
  })

  test('count what both have spent', async () => {
    const storage = fileStorage(join(directory, 'budget'))
    const [one, two] = [new Budget({ total: 100n }, storage, 'b'), new Budget({ total: 100n }, storage, 'b')]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? one : two).spend('h', 10n)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    expect(await two.left('h')).toBe(0n)
  })
})
