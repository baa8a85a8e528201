// Texts of strangers on every page: markup, scripts, templates, marks that turn the direction of reading, and words without
// an end stay text, and the page keeps its shape.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { secret } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { furnish } from './support/Estate.ts'
import { takenForMarkup, textOf } from './support/inert.ts'
import { launch } from './support/launch.ts'
import { lookAs, tooWide } from './support/layout.ts'
import { HOSTILE, WORST_NAME } from './support/Texts.ts'
import { type Visit, visitsOf } from './support/visits.ts'
import { Visitor } from './support/Visitor.ts'
import { worsen } from './support/worsen.ts'

const { said: SAID, condition: CONDITION, entry: ENTRY } = HOSTILE
const SENTINEL = '/p/:provider/sentinel'
/** What has to be read on a page, as it is. */
const SHOWN: Record<string, readonly string[]> = {
  '/keys': [WORST_NAME],
  '/keys/:id': [WORST_NAME],
  '/providers': [WORST_NAME],
  '/api-keys': [WORST_NAME],
  '/alerts': [WORST_NAME],
  '/rules': [WORST_NAME],
  '/rules/edit/:id': [WORST_NAME],
  '/rules/lists': [ENTRY],
  '/rules/history/:revision': [WORST_NAME, CONDITION],
  '/stops': [SAID],
  '/stops/:id': [SAID],
  '/webhooks/deliveries/:id': [SAID],
  '/p/:provider': [WORST_NAME],
  '/p/:provider/settings': [WORST_NAME],
  '/p/:provider/oracles': [WORST_NAME],
  '/p/:provider/oracles/:id': [WORST_NAME, SAID],
  [`${SENTINEL}/breakers`]: [SAID],
  [`${SENTINEL}/decisions/:id`]: [SAID, CONDITION],
  [`${SENTINEL}/rules`]: [WORST_NAME],
  [`${SENTINEL}/stops/:id`]: [SAID],
}

let stack: Stack
let browser: Browser
let visitor: Visitor
let visits: Visit[]

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  browser = await launch()
  const key = secret()
  visits = visitsOf(await furnish(stack, key, HOSTILE))
  await worsen(stack.system.database, { name: WORST_NAME, detail: SAID })
  const look = { locale: 'en-US', viewport: { width: 360, height: 900 } }
  visitor = await Visitor.arrive(browser, stack, { key, look })
  await visitor.signIn()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
beforeEach(() => {
  visitor.complaints.length = 0
})

/** Everything that is wrong with how the page shows what is written there. */
async function troubles(shown: readonly string[]): Promise<string[]> {
  const { page, complaints } = visitor
  const text = await textOf(page)
  const unread = shown.filter((piece) => !text.includes(piece)).map((piece) => `not to be read: ${piece.slice(0, 60)}…`)
  const wide: string[] = []
  for (const width of [1280, 360]) {
    await lookAs(page, { width, colorScheme: 'light' })
    wide.push(...(await tooWide(page)))
  }
  return [...(await takenForMarkup(page)), ...unread, ...wide, ...complaints.splice(0)]
}

test('every page shows them as text, and does nothing that they say', async () => {
  const all: string[] = []
  for (const { pattern, path } of visits) {
    await visitor.go(path)
    all.push(...(await troubles(SHOWN[pattern] ?? [])).map((trouble) => `${pattern}: ${trouble}`))
  }
  expect(all).toEqual([])
})

test('the details of the audit are shown as text', async () => {
  await visitor.go('/audit')
  await visitor.page.getByRole('button', { name: /^Show/ }).first().click()
  await visitor.page.getByRole('dialog').waitFor()
  expect(await troubles([JSON.stringify(SAID)])).toEqual([])
})

test('the deliveries of a webhook are shown as text', async () => {
  await visitor.go('/webhooks?tab=deliveries')
  expect(await troubles([SAID])).toEqual([])
})

test('an open breaker is closed beside its cause as text', async () => {
  const { path } = visits.find(({ pattern }) => pattern === `${SENTINEL}/breakers`)!
  await visitor.go(path)
  await visitor.page.getByRole('button', { name: 'Close' }).first().click()
  await visitor.page.getByRole('dialog').waitFor()
  expect(await troubles([SAID])).toEqual([])
})

test.each([
  ['a problem', 'application/problem+json', JSON.stringify({ code: 'x', title: SAID, detail: SAID, hint: SAID })],
  ['a page of a proxy', 'text/html', `<!doctype html><title>${SAID}</title>${SAID}`],
])('%s instead of an answer is shown as text, or not at all', async (_, contentType, body) => {
  const { page } = visitor
  await page.route('**/v1/session-keys*', (route) => route.fulfill({ status: 418, contentType, body }))
  await visitor.go('/keys')
  await page.unroute('**/v1/session-keys*')
  await page.getByRole('alert').first().waitFor()
  const [told, ...others] = (await troubles([])).filter((trouble) => /status of 418/.test(trouble))
  expect([told, others]).toEqual([expect.stringContaining('/keys'), []])
})
