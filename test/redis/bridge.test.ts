/** The bridge speaks as Upstash does: its own client is content, and so is what we send. */
import { RedisBridge } from '@pbstream/local/RedisBridge'
import { RedisServer } from '@pbstream/local/RedisServer'
import { Redis } from '@upstash/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'

const token = 'a token of the test'
let server: RedisServer
let bridge: RedisBridge
let client: Redis

beforeAll(async () => {
  server = await RedisServer.start(process.env.REDIS_SERVER ?? 'redis-server')
  bridge = await RedisBridge.start({ redis: server.port, token })
  client = new Redis({ url: bridge.url, token, retry: { retries: 0 } })
})
afterAll(async () => {
  await bridge?.stop()
  await server?.stop()
})

test('values of every kind come back as they went', async () => {
  const value = { text: 'ü “quotes” \n 漢字', count: 3, list: [1, 'two', null] }
  expect(await client.set('json', value)).toBe('OK')
  expect(await client.get('json')).toEqual(value)
  expect(await client.get('missing')).toBeNull()
  expect(await client.incrby('count', 5)).toBe(5)
  expect(await client.hset('hash', { a: '1', b: 'two' })).toBe(2)
  expect(await client.hgetall('hash')).toEqual({ a: 1, b: 'two' })
  expect(await client.set('json', 'other', { nx: true })).toBeNull()
  await client.set('large', 'x'.repeat(1_000_000))
  expect(await client.strlen('large')).toBe(1_000_000)
})

test('pipelines and transactions answer each command', async () => {
  expect(await client.pipeline().set('a', '1').get('a').del('a').exec()).toEqual(['OK', 1, 1])
  expect(await client.multi().incr('n').incr('n').exec()).toEqual([1, 2])
  expect(await client.eval('return {KEYS[1], ARGV[1], 7}', ['k'], ['v'])).toEqual(['k', 'v', 7])
})

test('errors are told apart', async () => {
  await client.set('text', 'x')
  await expect(client.lpush('text', 1)).rejects.toThrow(/WRONGTYPE/)
  const stranger = new Redis({ url: bridge.url, token: 'another', retry: { retries: 0 } })
  await expect(stranger.get('text')).rejects.toThrow(/WRONGPASS/)
  const response = await fetch(`${bridge.url}/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{"not":"commands"}',
  })
  expect(response.status).toBe(400)
})
