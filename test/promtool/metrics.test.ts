/** What the system exposes, judged by Prometheus' own tool; PROMTOOL names the program. */
import { spawnSync } from 'node:child_process'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

const promtool = process.env.PROMTOOL ?? 'promtool'
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }], vars: { SETTLE_COUNT: '2' } })
})
afterAll(() => stack.stop())

const exposed = async () => (await fetch(`${stack.system.urls.control}/metrics`)).text()

function check(text: string) {
  const { error, status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { status, said: stdout + stderr }
}

test('promtool finds nothing wrong with a system that nobody has paid yet', async () => {
  expect(check(await exposed())).toEqual({ status: 0, said: '' })
})

test('nor with one that has charged and settled', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  for (let i = 0; i < 3; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  const provider = addressOf(stack.keys.provider)
  await until('the provider is paid', async () => (await stack.usdc(provider)) > 0n)
  await stack.system.scheduled('control')
  await until('settled charges are counted', async () =>
    /settlement_lag_seconds_count\{.*\} [1-9]/.test(await exposed()),
  )
  expect(check(await exposed())).toEqual({ status: 0, said: '' })
})

test('promtool would say it: a counter without its ending is refused', () => {
  const text = '# HELP pbstream_wrong Wrong.\n# TYPE pbstream_wrong counter\npbstream_wrong 1\n'
  expect(check(text)).toMatchObject({ status: 3, said: expect.stringContaining('_total') })
})
