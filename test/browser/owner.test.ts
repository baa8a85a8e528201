// A wallet owner in Chromium: signs in, authorises an agent, sees it pay, stops it, and takes the money back.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '@pbstream/local/Bundle'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secret } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'

let stack: Stack
let browser: Browser
let page: Page
let wallet: BrowserWallet
const troubles: string[] = []
const screenshots = join(root, '.wrangler', 'screenshots')

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  await mkdir(screenshots, { recursive: true })
  browser = await launch()
  wallet = new BrowserWallet({ key: secret(), rpcUrl: stack.chain.rpcUrl })
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  await wallet.into(context)
  page = await context.newPage()
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

test('an owner signs in with a wallet and is shown what to do first', async () => {
  await page.goto(new URL('/app/', stack.system.urls.control).href)
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.screenshot({ path: join(screenshots, 'owner-keys.png') })
  await page.getByRole('link', { name: 'Session keys' }).first().waitFor()
  expect(troubles).toEqual([])
})
