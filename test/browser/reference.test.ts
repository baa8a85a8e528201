import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'
import { type Browser, launch } from './support/launch.ts'
import { picture } from './support/pictures.ts'

let stack: Stack
let browser: Browser

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

test('the reference of the API is read and tried in a browser, within its own policy', async () => {
  const page = await browser.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  await page.goto(new URL('/reference', stack.system.urls.control).href)
  await page.locator('#operations-sign-in-createSignInNonce, [id*="createSignInNonce"]').first().waitFor()
  expect(troubles).toEqual([])
  await page.locator('[id*="createSignInNonce"] button').first().click()
  await page.getByRole('button', { name: 'Try it out' }).click()
  await page.getByRole('button', { name: 'Execute' }).click()
  await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
  await picture(page, 'more/reference')
  expect(troubles).toEqual([])
})
