import { expect, it } from 'vitest'
import { turns } from '../src/pages/keys/Turns.ts'

it('runs no more than so many at once, and all of them', async () => {
  const turn = turns(2)
  let now = 0
  let most = 0
  const work = (n: number) => async () => {
    now++
    most = Math.max(most, now)
    await Promise.resolve()
    now--
    return n
  }
  const done = await Promise.all([1, 2, 3, 4, 5].map((n) => turn(work(n))))
  expect({ done, most }).toEqual({ done: [1, 2, 3, 4, 5], most: 2 })
})

it('goes on after work that failed', async () => {
  const turn = turns(1)
  const failed = turn(() => Promise.reject(new Error('no')))
  const next = turn(() => Promise.resolve('yes'))
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('yes')
})
