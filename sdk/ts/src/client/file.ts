/** `@pbstream/sdk/client/file`: a payer's state in a folder, for Node. Readable by its owner only. */
import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Mutex, type Storage } from './Storage.ts'

/** A lock whose holder has not touched it for so long belongs to nobody: its process has gone. */
const STALE_MS = 30_000
const TOUCH_MS = 5_000
const LOOK_AGAIN_MS = 10

/** One file a key; a file is replaced whole, so that it is never seen half written. The folder is made. */
export function fileStorage(directory: string): Storage {
  const mutex = new Mutex()
  const path = (key: string) => join(directory, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`)
  return {
    async get(key) {
      try {
        const kept = JSON.parse(await readFile(path(key), 'utf8')) as { key: string; value: string }
        return kept.key === key ? kept.value : undefined
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async set(key, value) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const draft = `${path(key)}.${randomUUID()}`
      const file = await open(draft, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify({ key, value }))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, path(key))
    },
    delete: (key) => rm(path(key), { force: true }),
    lock: (name, work) => mutex.run(name, () => underLock(directory, `${path(name)}.lock`, work)),
  }
}

/** Holds a lock file while `work` runs. */
async function underLock<T>(directory: string, path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const owner = randomUUID()
  while (!(await take(path, owner))) {
    await dropIfStale(path)
    await delay(LOOK_AGAIN_MS)
  }
  const touch = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), TOUCH_MS)
  touch.unref()
  try {
    return await work()
  } finally {
    clearInterval(touch)
    if ((await readFile(path, 'utf8').catch(() => '')) === owner) await rm(path, { force: true })
  }
}

async function take(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes the lock of a process that has gone. What turns out to be another's, taken just now, is put back. */
async function dropIfStale(path: string): Promise<void> {
  const [touched, owner] = await Promise.all([modifiedAt(path), readFile(path, 'utf8').catch(() => undefined)])
  if (touched === undefined || owner === undefined || Date.now() - touched < STALE_MS) return
  const aside = `${path}.${randomUUID()}`
  await rename(path, aside).catch(() => {})
  const moved = await readFile(aside, 'utf8').catch(() => owner)
  if (moved !== owner) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return undefined
  }
}
