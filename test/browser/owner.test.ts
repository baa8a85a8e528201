// A wallet owner in Chromium: signs in, authorises an agent, sees it pay, stops it, and takes the money back.
import { addressOf } from '@pbstream/local/Keys'
import { withdrawDelay } from '@pbstream/local/System'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secret } from '../support/keysApi.ts'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { pressAt } from './support/keyboard.ts'
import { launch } from './support/launch.ts'
import { picture } from './support/pictures.ts'

let stack: Stack
let browser: Browser
let page: Page
let wallet: BrowserWallet
let agent: StackPayer
const owner = secret()
const sessionKey = secret()
const troubles: string[] = []

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  agent = await stack.payer({ key: owner, sessionKey, scheme: 'batch-settlement' })
  wallet = new BrowserWallet({ key: owner, rpcUrl: stack.chain.rpcUrl })
  await stack.chain.fund([wallet.address])
  browser = await launch()
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  await wallet.into(context)
  page = await context.newPage()
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
/** What is paid is in the tables a moment later. */
const shows = (path: string, text: string, times = 1) =>
  until(`${text} on ${path}`, async () => {
    await page.goto(url(path))
    await page.waitForLoadState('networkidle')
    return (await page.getByText(text).count()) >= times
  })
const pay = async () => (await agent.fetch(`${stack.gateway}/report`)).status

test('connects a wallet, and is shown what to do first', async () => {
  await page.goto(url('/?mode=test'))
  await page.getByRole('button', { name: 'Test wallet' }).click()
  await page.getByRole('heading', { name: 'Session keys', level: 1 }).waitFor()
  await picture(page, 'dashboard/owner-empty')
  expect(wallet.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'personal_sign'])
})

test('authorises an agent by its address', async () => {
  await page.goto(url('/keys/new'))
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('research agent')
  await page.getByLabel('I have made one').check()
  await page.getByRole('textbox', { name: 'Address of the key' }).fill(addressOf(sessionKey))
  await page.getByLabel(/Canonical/).check()
  await page.getByRole('textbox', { name: 'Payees' }).fill(addressOf(stack.keys.provider))
  await picture(page, 'dashboard/owner-authorise')
  await button(/^Create key/).click()
  await button('To the key').click()
  await page.getByRole('heading', { name: 'research agent', level: 1 }).waitFor()
})

test('makes an API key and revokes it by the keyboard alone: dialogs take the focus and give it back', async () => {
  await page.goto(url('/api-keys'))
  await pressAt(button('New API key').first(), 'Enter')
  const dialog = page.getByRole('dialog')
  await pressAt(dialog.getByRole('checkbox', { name: /^providers:read/ }), 'Space')
  await pressAt(dialog.getByRole('textbox', { name: 'Name' }), 'B')
  await page.keyboard.type('y keys')
  await pressAt(dialog.getByRole('button', { name: 'New API key' }), 'Enter')
  await pressAt(dialog.getByRole('button', { name: 'I have stored it' }), 'Enter')
  const revoke = button('Revoke By keys')
  await pressAt(revoke, 'Enter')
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await revoke.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
  await pressAt(dialog.getByRole('button', { name: 'Revoke', exact: true }), 'Enter')
  await page.getByText('By keys is revoked.').first().waitFor()
})

test('sees what the agent paid', async () => {
  expect([await pay(), await pay()]).toEqual([200, 200])
  await shows('/receipts', '0.001', 2)
  await picture(page, 'dashboard/owner-receipts')
  await shows('/usage', '0.002')
  await picture(page, 'dashboard/owner-usage')
})

test('freezes the key: the agent is stopped, until the wallet lets it go on', async () => {
  await page.goto(url('/keys'))
  await button('Freeze research agent').click()
  await button('Unfreeze research agent').waitFor()
  expect(await pay()).toBe(402)
  await page.getByRole('link', { name: 'research agent' }).click()
  await button('Unfreeze').click()
  await button('Sign and unfreeze').click()
  // Gateways may remember a stop for some seconds.
  await until('the agent goes on', async () => (await pay()) === 200)
})

test('rotates the key, and revokes its successor', async () => {
  await button('Rotate').click()
  await button('Make the new key').click()
  await page.getByLabel('I have copied the secret').check()
  await button('To the key').click()
  await button('Revoke').click()
  await page.getByLabel('Type revoke to confirm').fill('revoke')
  await picture(page, 'dashboard/owner-revoke')
  await button('Revoke for good').click()
  await page.getByText('Revoked', { exact: true }).first().waitFor()
})

test('takes the rest of the money back by two transactions of the wallet', async () => {
  const before = await stack.usdc(wallet.address)
  await page.goto(url('/funds'))
  await page.getByRole('button', { name: /^Withdraw/ }).click()
  await button('Ask for the withdrawal').click()
  await page.getByText('You can finish it in').waitFor()
  await picture(page, 'dashboard/owner-withdraw')
  await stack.chain.client.increaseTime({ seconds: withdrawDelay })
  await stack.chain.client.mine({ blocks: 1 })
  await page.reload()
  await page.getByRole('button', { name: /^Withdraw/ }).click()
  await button('Take the money').click()
  await page.getByText('The money is in your wallet.').first().waitFor()
  expect(await stack.usdc(wallet.address)).toBeGreaterThan(before)
})

test('without a complaint of the browser or of its policy', () => {
  expect(troubles).toEqual([])
})
