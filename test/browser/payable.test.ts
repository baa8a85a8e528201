import { addressOf } from '@pbstream/local/Keys'
import { WalletSite } from '@pbstream/local/WalletSite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { launch } from './support/launch.ts'
import { picture } from './support/pictures.ts'

let stack: Stack
let site: WalletSite
let browser: Browser
let page: Page
const errors: string[] = []

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  site = await WalletSite.start(stack.gateway, stack.keys.payer)
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await stack?.stop()
})
beforeEach(async () => {
  errors.length = 0
})

async function open(locale: string, colorScheme: 'light' | 'dark', url: string): Promise<void> {
  const context = await browser.newContext({ locale, colorScheme, viewport: { width: 900, height: 700 } })
  page = await context.newPage()
  page.on('pageerror', (error) => errors.push(String(error)))
  // The 402 of the page itself is reported as a failed resource; everything else must be quiet.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('402')) errors.push(message.text())
  })
  await page.goto(url)
}

describe('the payable page', () => {
  test('a person pays with the demo wallet and sees the answer, and the provider has the money', async () => {
    const provider = addressOf(stack.keys.provider)
    const before = await stack.usdc(provider)
    await open('en-US', 'light', `${site.url}/report`)
    expect(await page.textContent('body')).toContain('0.001 USDC')
    await picture(page, 'payable/en')
    await page.getByRole('button', { name: /Demo wallet/ }).click()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('Sign TransferWithAuthorization').waitFor()
    await picture(page, 'payable/sign')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('{"ok":true}').waitFor()
    await picture(page, 'payable/paid')
    expect((await stack.usdc(provider)) - before).toBe(1000n)
    expect(errors).toEqual([])
  })

  test('who declines in the wallet is told so, pays nothing, and can try again', async () => {
    const before = await stack.usdc(addressOf(stack.keys.payer))
    await open('en-US', 'light', `${site.url}/report`)
    const pay = page.getByRole('button', { name: /Demo wallet/ })
    await pay.click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('You declined in the demo wallet').waitFor()
    await until('the button is back', () => pay.isEnabled())
    expect(await stack.usdc(addressOf(stack.keys.payer))).toBe(before)
    expect(errors).toEqual([])
  })

  test('speaks Chinese to who prefers it, in the dark too', async () => {
    await open('zh-CN', 'dark', `${site.url}/report`)
    expect(await page.getAttribute('html', 'lang')).toMatch(/^zh/)
    expect(await page.textContent('body')).toContain('0.001 USDC')
    await picture(page, 'payable/zh')
  })

  test('a person without a wallet is told what to do', async () => {
    await open('en-US', 'light', `${stack.gateway}/report`)
    expect(await page.getByRole('button').count()).toBe(0)
    await picture(page, 'payable/no-wallet')
    expect(errors).toEqual([])
  })
})

test('the overview shows a payment and its settlement', async () => {
  await open('en-US', 'light', stack.system.urls.control)
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  await payer.fetch(`${stack.gateway}/report`)
  await page.getByText(payer.address.slice(0, 8)).first().waitFor()
  await picture(page, 'more/overview')
  expect(errors).toEqual([])
})
