import { openIncidents } from '@pbstream/db/Incidents'
import { overview } from '@pbstream/db/Overview'
import { chargeOf } from '@pbstream/local/Payer'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
const server = process.env.PBSTREAM_POSTGRES_URL ?? ''
const name = `pbstream_${process.pid}`

/** A database of this test's own on the given server. */
beforeAll(async () => {
  const admin = postgres(server, { max: 1 })
  await admin.unsafe(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(server)
  url.pathname = `/${name}`
  // Hyperdrive wants a password in the address, also where the server asks for none.
  if (url.password === '') url.password = 'unused'
  stack = await startStack({
    routes: [{ path: '/cheap' }],
    vars: { SETTLE_COUNT: '2' },
    system: { postgresUrl: url.href },
  })
})
afterAll(async () => {
  await stack?.stop()
  const admin = postgres(server, { max: 1 })
  await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`)
  await admin.end()
})

test('routes are read from Postgres through Hyperdrive and payments are projected into it', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  for (let i = 1n; i <= 2n; i++) {
    const response = await payer.fetch(`${stack.gateway}/cheap`)
    expect(response.status).toBe(200)
    expect(chargeOf(response)?.total).toBe(i * 1000n)
  }
  await until('both payments and the settlement are rows', async () => {
    const { payments, settlements } = await overview(stack.system.database, {})
    return payments.length === 2 && settlements.some((row) => row.purpose === 'claim' && row.status === 'confirmed')
  })
})

test('the comparison with sessions and chain runs on Postgres, and the metrics know of it', async () => {
  const { orm, tables } = stack.system.database
  await until('nothing is on its way', async () => {
    const [channel] = await orm.select().from(tables.channel)
    return channel?.settled === '2000' && channel.provisional === '0'
  })
  await orm.update(tables.channel).set({ settled: '1' })
  await stack.system.scheduled('control')
  const open = () => openIncidents(stack.system.database, 10)
  expect((await open()).map(({ what }) => what)).toEqual(['projection_differs'])
  await orm.update(tables.channel).set({ settled: '2000' })
  await stack.system.scheduled('control')
  expect(await open()).toEqual([])
  const text = await (await fetch(`${stack.system.urls.control}/metrics`)).text()
  expect(text).toContain('pbstream_incidents_total{what="projection_differs"} 1')
  expect(text).toContain('pbstream_incidents_open{what="projection_differs"} 0')
})
