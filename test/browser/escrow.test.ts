// A key of the escrow in Chromium: the wallet signs its permission and a first deposit, and needs no ether for either.
import { addressOf } from '@pbstream/local/Keys'
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

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  wallet = new BrowserWallet({ key: secret(), rpcUrl: stack.chain.rpcUrl })
  await stack.chain.fund([wallet.address])
  browser = await launch()
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  await wallet.into(context)
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const url = (path: string) => new URL(`/app${path}`, stack.system.urls.control).href
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })

test('is registered and funded by two signatures, and shows what lies in its channel', async () => {
  await page.goto(url('/?mode=test'))
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('heading', { name: 'Session keys', level: 1 }).waitFor()
  await page.goto(url('/keys/new'))
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('kept by the chain')
  await page.getByLabel(/Escrow/).check()
  await page.getByRole('textbox', { name: 'Payees' }).fill(addressOf(stack.keys.provider))
  await button(/^Create key/).click()
  await button('Sign with the wallet').click()
  await page.getByText('Registered: the key may pay').locator('.badge').getByText('done').waitFor()

  const before = await stack.usdc(wallet.address)
  await page.goto(url('/funds'))
  await button('Top up').click()
  const dialog = page.getByRole('dialog')
  const keys = dialog.getByLabel('Key', { exact: true })
  const ours = await keys.locator('option', { hasText: 'kept by the chain' }).getAttribute('value')
  await keys.selectOption(ours)
  await dialog.getByRole('textbox', { name: 'Amount' }).fill('5')
  await dialog.getByRole('button', { name: 'Sign and deposit' }).click()
  await page.getByText('5.00 USDC is in the channel.').first().waitFor()
  expect(before - (await stack.usdc(wallet.address))).toBe(5_000_000n)
  const signed = wallet.asked.slice(2).map(({ params }) => JSON.parse(params[1] as string).primaryType)
  expect(signed).toEqual(['RegisterKey', 'ReceiveWithAuthorization'])
})
