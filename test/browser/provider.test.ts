// A provider's day in Chromium: creates a route, sets its rate, sees revenue, makes a rule that fires, is paid, exports.
import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secret } from '../support/keysApi.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'
import { picture } from './support/pictures.ts'

let stack: Stack
let browser: Browser
let page: Page
let wallet: BrowserWallet
let agent: StackPayer
let shop = ''
const troubles: string[] = []

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/seeded' }] })
  agent = await stack.payer({ scheme: 'batch-settlement' })
  wallet = new BrowserWallet({ key: secret(), rpcUrl: stack.chain.rpcUrl })
  browser = await launch()
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  await wallet.into(context)
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => troubles.push(String(error)))
  // Who is not signed in yet is told so by 401, and what needs the wallet by 403: the browser reports both.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) troubles.push(message.text())
  })
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const url = (path: string) => new URL(`/app${path}`, stack.system.urls.control).href
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const call = async () => (await agent.fetch(`${stack.gateway}/shop/item`)).status
const shows = (path: string, text: string) =>
  until(`${text} on ${path}`, async () => {
    await page.goto(url(path))
    await page.waitForLoadState('networkidle')
    return (await page.getByText(text).count()) > 0
  })

test('becomes a provider', async () => {
  await page.goto(url('/providers?mode=test'))
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await button('New provider').first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Shop')
  await button('Create provider').click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForURL(/\/p\/prov_/)
  shop = /\/p\/(prov_\w+)/.exec(page.url())?.[1] ?? ''
  await page.getByRole('heading', { name: 'To your first payment' }).waitFor()
  await picture(page, 'dashboard/provider-first-steps')
})

test('shows that a host is its own', async () => {
  const { host } = new URL(stack.upstream.url)
  await page.goto(url(`/p/${shop}/hosts`))
  await button('Name a host').first().click()
  await page.getByRole('textbox', { name: 'Host' }).fill(host)
  await page.getByRole('dialog').getByRole('button', { name: 'Name a host' }).click()
  const token = await page
    .getByText(/^pbstream-/)
    .first()
    .textContent()
  stack.upstream.on('/.well-known/pbstream-verification', (_, response) => void response.end(token?.trim()))
  await button('Verify now').click()
  await page.getByText('shown to be yours').first().waitFor()
})

test('sells a route at a rate', async () => {
  await page.goto(url(`/p/${shop}/routes/new`))
  await page.getByRole('textbox', { name: 'Path', exact: true }).fill('/shop/*')
  await page.getByRole('checkbox', { name: /84532/ }).check()
  await page.getByRole('textbox', { name: 'URL', exact: true }).fill(`${stack.upstream.url}/base`)
  await page.locator('.rate-json textarea').fill('{"v":1,"kind":"flat","amount":"2500"}')
  await picture(page, 'dashboard/provider-new-route')
  await button('Create route').click()
  await page.waitForURL(/\/routes\/rt_|\/routes\/route_/)
  await until('the gateway sells it', async () => (await fetch(`${stack.gateway}/shop/item`)).status === 402)
  await page.locator('.rate-json textarea').waitFor()
  await picture(page, 'dashboard/provider-rate')
})

test('sees what comes in', async () => {
  expect([await call(), await call()]).toEqual([200, 200])
  await shows(`/p/${shop}`, '0.005')
  await picture(page, 'dashboard/provider-overview')
  await shows(`/p/${shop}/sessions`, agent.address.slice(0, 6))
  await picture(page, 'dashboard/provider-sessions')
})

test('makes a rule, and sees it fire', async () => {
  await page.goto(url(`/p/${shop}/sentinel/rules/new`))
  await page.getByLabel('Name', { exact: true }).fill('Too many')
  await page.getByRole('textbox', { name: 'Id', exact: true }).fill('too-many')
  await page.getByRole('tab', { name: 'CEL' }).click()
  await page.locator('textarea').first().fill('count.minute > 3')
  await page.getByLabel('Action', { exact: true }).selectOption('block')
  await page.getByRole('combobox', { name: 'Mode' }).selectOption('enabled')
  await picture(page, 'dashboard/provider-rule')
  await button('Keep in the draft').click()
  await button('See the changes').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByText('is in force').first().waitFor()
  await until('the rule stops a call', async () => (await call()) !== 200)
  await shows(`/p/${shop}/sentinel/decisions`, 'too-many')
  await picture(page, 'dashboard/provider-decisions')
})

test('has what is earned settled now, and exports the payments', async () => {
  await page.goto(url(`/p/${shop}/settlements`))
  const before = await stack.usdc(wallet.address)
  await page
    .getByRole('button', { name: /^Settle now/ })
    .first()
    .click()
  await until('the money is there', async () => (await stack.usdc(wallet.address)) > before)
  await picture(page, 'dashboard/provider-settlements')
  await page.goto(url(`/p/${shop}/ledger`))
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download CSV: .*payments/i }).click(),
  ])
  const text = await readFile(await file.path(), 'utf8')
  expect(text.trim().split('\n').length).toBeGreaterThan(2)
})

test('without a complaint of the browser or of its policy', () => {
  expect(troubles).toEqual([])
})
