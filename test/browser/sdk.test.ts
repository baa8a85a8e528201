// The package in a page of another origin: it pays from the browser, in session mode and by x402.
import { randomBytes } from 'node:crypto'
import { addressOf } from '@pbstream/local/Keys'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from '../../sdk/ts/scripts/size.ts'
import { type Installed, install } from '../../sdk/ts/test/package/support/installed.ts'
import { decodeJwt } from '../support/decodeJwt.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { launch } from './support/launch.ts'

let stack: Stack
let sdk: Installed
let browser: Browser
let page: Page

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/weather' }] })
  sdk = await install()
  browser = await launch()
  page = await browser.newPage()
  await page.goto(stack.upstream.url)
  const { text } = await bundled(
    `import { browserStorage, createPayer } from '@pbstream/sdk/client'
import { BudgetExceededError } from '@pbstream/sdk/errors'
Object.assign(globalThis, { browserStorage, createPayer, BudgetExceededError })`,
    sdk.app,
  )
  await page.addScriptTag({ content: text, type: 'module' })
})
afterAll(async () => {
  await browser?.close()
  await sdk?.remove()
  await stack?.stop()
})

type Paid = { statuses: number[]; receipts: string[]; channels: number; refused: string }

test.each(['session', 'batch-settlement'] as const)('a page pays by %s, and keeps to its budget', async (mode) => {
  const key = `0x${randomBytes(32).toString('hex')}` as const
  await stack.chain.fund([addressOf(key)])
  const paid = await page.evaluate(
    async ({ key, mode, url, rpc }): Promise<Paid> => {
      const { browserStorage, createPayer, BudgetExceededError } = globalThis as unknown as Sdk
      const payer = createPayer({ key, modes: [mode], rpc, storage: browserStorage(), budget: { perRequest: '$0.01' } })
      const statuses: number[] = []
      const receipts: string[] = []
      for (let i = 0; i < 3; i++) {
        const response = await payer.fetch(url)
        statuses.push(response.status)
        receipts.push(response.headers.get('PBStream-Receipt') ?? '')
        await response.text()
      }
      const channels = (await payer.channels()).length
      const poor = createPayer({ key, modes: [mode], budget: { perRequest: '$0.0001' } })
      const refused = await poor.fetch(url).catch((error: unknown) => error)
      const isBudget = refused instanceof BudgetExceededError
      return { statuses, receipts, channels, refused: isBudget ? 'budget' : String(refused) }
    },
    { key, mode, url: `${stack.gateway}/weather`, rpc: stack.chain.rpcUrl },
  )
  expect(paid).toMatchObject({ statuses: [200, 200, 200], channels: 1, refused: 'budget' })
  expect(paid.receipts.map((receipt) => decodeJwt(receipt)['price'])).toEqual(['1000', '1000', '1000'])
})

/** What the script puts into the page. */
type Sdk = Pick<typeof import('../../sdk/ts/src/client.ts'), 'browserStorage' | 'createPayer'> &
  Pick<typeof import('../../sdk/ts/src/errors.ts'), 'BudgetExceededError'>
