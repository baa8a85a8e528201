// Every page of the dashboard, in both languages, both themes and at widths from a telephone to a wall: nothing serious for
// axe-core, nothing that needs scrolling sideways, no complaint of the browser.
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '@pbstream/local/Bundle'
import { addressOf } from '@pbstream/local/Keys'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'

/** A name that would show at once if it were taken for markup. */
const HOSTILE = '<img src=x onerror=alert(1)>{{7*7}}'

type Axe = {
  run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
}

let stack: Stack
let browser: Browser
let axe: string
let pages: string[]
const key = secret()
const screenshots = join(root, '.wrangler', 'screenshots')

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  await mkdir(screenshots, { recursive: true })
  browser = await launch()
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  pages = await belongings()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

/** Something of each kind, with a hostile name; answers the paths of the pages that show it. */
async function belongings(): Promise<string[]> {
  const owner = await Owner.signIn(stack, key)
  const made = async (path: string, body: object, member = 'id') => {
    const { status, json } = await owner.call('POST', path, { body })
    if (status !== 201) throw new Error(`${path}: ${JSON.stringify(json)}`)
    return json[member] as string
  }
  const sessionKey = secret()
  const keyId = await made('/session-keys', terms(stack, { key: addressOf(sessionKey), name: HOSTILE }))
  const shop = await made('/providers', { name: HOSTILE, payTo: owner.address })
  await made('/upstream-hosts', { host: 'api.example.com' }, 'host')
  const agent = await stack.payer({ key, sessionKey, scheme: 'batch-settlement' })
  await agent.fetch(`${stack.gateway}/report`)
  const paid = await until('the payment is in the tables', async () => {
    const { json } = await owner.call('GET', '/payments')
    return (json['data'] as { id: string }[])[0]
  })
  const own = ['keys', 'keys/new', `keys/${keyId}`, 'usage', 'receipts', `receipts/${paid.id}`, 'funds', 'api-keys']
  const also = ['webhooks', 'audit', 'settings', 'providers']
  const sold = ['', '/routes', '/routes/new', '/hosts', '/oracles', '/oracles/new', '/customers', '/sessions']
  const money = ['/settlements', '/ledger', '/settings']
  const guards = ['stops', 'decisions', 'alerts', 'alerts/new', 'rules', 'rules/new']
  const more = ['lists', 'budget', 'backtest', 'snoozes', 'history']
  return [
    ...[...own, ...also, ...guards, ...more.map((name) => `rules/${name}`)].map((path) => `/${path}`),
    ...[...sold, ...money].map((path) => `/p/${shop}${path}`),
    ...[...guards, ...more, 'breakers'].map((path) => `/p/${shop}/sentinel/${path}`),
  ]
}

const url = (path: string) => new URL(`/app${path}`, stack.system.urls.control).href

async function signedIn(options: BrowserContextOptions, troubles: string[]): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  await new BrowserWallet({ key, rpcUrl: stack.chain.rpcUrl }).into(context)
  const page = await context.newPage()
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${String(error)}`))
  page.on('dialog', (dialog) => troubles.push(`${page.url()}: a dialog of the browser: ${dialog.message()}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) troubles.push(message.text())
  })
  await page.goto(url('/?mode=test'))
  const enter = page.getByRole('button', { name: 'Test wallet' })
  await enter.click()
  await enter.waitFor({ state: 'detached' })
  return page
}

async function seriousOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ['violations'] }),
  )
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

describe.each([
  { locale: 'en-US', colorScheme: 'light', width: 1280 },
  { locale: 'zh-CN', colorScheme: 'dark', width: 360 },
  { locale: 'en-US', colorScheme: 'dark', width: 2560 },
  { locale: 'zh-CN', colorScheme: 'light', width: 768 },
] as const)('in $locale, $colorScheme, $width px', ({ locale, colorScheme, width }) => {
  test('every page is accessible, fits, and stays quiet', async () => {
    const troubles: string[] = []
    const page = await signedIn({ locale, colorScheme, viewport: { width, height: 900 } }, troubles)
    expect(await page.getAttribute('html', 'lang')).toMatch(new RegExp(`^${locale.slice(0, 2)}`))
    for (const path of pages) {
      await page.goto(url(path))
      await page.waitForLoadState('networkidle')
      if (/There is no such page|页面不存在/.test(await page.title())) troubles.push(`${path}: there is no such page`)
      const headings = await page.getByRole('heading', { level: 1 }).count()
      if (headings !== 1) troubles.push(`${path}: ${headings} headings of the first level`)
      troubles.push(...(await seriousOf(page)).map((trouble) => `${path}: ${trouble}`))
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (wide > 0) troubles.push(`${path}: ${wide} px too wide`)
      const name = `page${path.replaceAll(/\W+/g, '-')}-${locale}-${colorScheme}-${width}.png`
      await page.screenshot({ path: join(screenshots, name.replaceAll(/prov_\w+|sk_\w+|pay_\w+/g, 'id')) })
    }
    expect(troubles).toEqual([])
  })
})

/** Elements that the Tab key has to reach and did not; and whether every one that it reached shows that it has the focus. */
async function unreachedByTab(page: Page): Promise<string[]> {
  const wanted = await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>(
      'a[href], button, input, select, textarea, summary, [tabindex="0"]',
    )
    const reachable = [...all].filter((element) => {
      const isOff = element.matches(':disabled, [tabindex="-1"], input[type=radio]:not(:checked)')
      return !isOff && element.checkVisibility({ visibilityProperty: true }) && element.closest('[inert]') === null
    })
    for (const [at, element] of reachable.entries()) element.dataset['wanted'] = String(at)
    document.body.tabIndex = -1
    document.body.focus()
    return reachable.map((element) => element.outerHTML.slice(0, 120))
  })
  const missing = new Set(wanted.keys())
  const unseen = wanted.length < 10 ? [`only ${wanted.length} elements to reach`] : []
  // A date field has several stops.
  for (let stop = 0; stop < wanted.length * 4 + 10 && missing.size > 0; stop++) {
    await page.keyboard.press('Tab')
    const [at, isShown] = await page.evaluate(() => {
      const focused = document.activeElement as HTMLElement
      const { outlineStyle, boxShadow } = getComputedStyle(focused)
      return [Number(focused.dataset['wanted'] ?? -1), outlineStyle !== 'none' || boxShadow !== 'none'] as const
    })
    if (missing.delete(at) && !isShown) unseen.push(`no sign of the focus: ${wanted[at]}`)
  }
  return [...[...missing].map((at) => `not reached by Tab: ${wanted[at]}`), ...unseen]
}

test('every page works from the keyboard', async () => {
  const troubles: string[] = []
  const page = await signedIn({ locale: 'en-US', viewport: { width: 1280, height: 900 } }, troubles)
  for (const path of pages) {
    await page.goto(url(path))
    await page.waitForLoadState('networkidle')
    troubles.push(...(await unreachedByTab(page)).map((trouble) => `${path}: ${trouble}`))
  }
  expect(troubles).toEqual([])
})
