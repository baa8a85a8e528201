// The widget in pages of another origin, without a framework, with React and with Vue: a wallet authorises an agent there,
// puts money in, and stops the agent, in the service and on the chain.
import { addressOf } from '@pbstream/local/Keys'
import { Chain } from '@pbstream/local/Chain'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Site } from '../../sdk/widget/test/support/site.ts'
import { secret } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'

let stack: Stack
let browser: Browser
let site: Site
let wallet: BrowserWallet
let context: BrowserContext
let page: Page
let troubles: string[]

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  site = await Site.start(stack.system.urls.control, stack.gateway)
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await site?.[Symbol.asyncDispose]()
  await stack?.stop()
})

const part = (element: string, name: string) => page.locator(`${element} [part~=${name}]`).first()
const signed = () => wallet.asked.slice(1).map(({ params }) => JSON.parse(params[1] as string).primaryType)

/** Opens an example for a new wallet, and authorises the agent there. @returns the address of the agent's key */
async function authorised(kind: string): Promise<string> {
  wallet = new BrowserWallet({ key: secret(), rpcUrl: stack.chain.rpcUrl })
  const agent = addressOf(secret())
  context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' })
  await wallet.into(context)
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  troubles = []
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  const query = new URLSearchParams({
    service: stack.system.urls.control,
    gateway: stack.gateway,
    chain: String(Chain.id),
    payee: addressOf(stack.keys.provider),
    key: agent,
  })
  await page.goto(`${site.origin}/${kind}/?${query}`)
  await part('pb-authorize', 'open').click()
  await part('pb-authorize', 'wallet').click()
  await part('pb-authorize', 'authorise').click()
  await page.getByText(/^granted sk_/).waitFor()
  return agent
}

describe.each(['plain', 'react', 'vue'])('on a page with %s', (kind) => {
  test('a wallet authorises an agent, freezes it, lets it go on and revokes it', async () => {
    const agent = await authorised(kind)
    expect(await page.locator('output').textContent()).toContain(agent)
    expect(wallet.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'eth_signTypedData_v4'])
    await part('pb-authorize', 'done').click()

    await part('pb-usage', 'status-active').waitFor()
    await part('pb-usage', 'freeze').click()
    await part('pb-usage', 'unfreeze').waitFor()
    await part('pb-usage', 'unfreeze').click()
    await part('pb-usage', 'status-active').waitFor()
    await part('pb-usage', 'revoke').click()
    await part('pb-usage', 'revoke-confirm').click()
    await page.getByText('revoked', { exact: true }).first().waitFor()
    expect(signed()).toEqual(['RegisterKey', 'FreezeKey', 'UnfreezeKey', 'RevokeKey'])
    expect(troubles).toEqual([])
  })
})

test('money is put in at the service, by the link of the page, and the page says how much', async () => {
  await authorised('plain')
  await stack.chain.fund([wallet.address])
  const opened = context.waitForEvent('page')
  await part('pb-authorize', 'top-up').click()
  const funds = await opened
  funds.setDefaultTimeout(20_000)
  await funds.getByRole('button', { name: 'Test wallet' }).click()
  const dialog = funds.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Amount' }).fill('5')
  await dialog.getByRole('button', { name: 'Sign and deposit' }).click()
  await funds.getByText('5.00 USDC is in the channel.').first().waitFor()
  await funds.close()
  expect(wallet.asked.map(({ method }) => method)).toEqual([
    'eth_requestAccounts',
    'eth_signTypedData_v4',
    'eth_requestAccounts',
    'personal_sign',
    'eth_signTypedData_v4',
  ])

  await part('pb-authorize', 'done').click()
  await page.evaluate(() => document.querySelector('pb-usage')!.refresh())
  await part('pb-usage', 'funds').getByText('Put in and not spent: 5.00').waitFor()
})
