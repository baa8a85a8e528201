// Every page of the dashboard, in both languages, both themes and at widths from a telephone to a wall: nothing serious for
// axe-core, nothing that needs scrolling sideways, nothing that the Tab key does not reach, no complaint of the browser.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secret } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { seriousOf } from './support/axe.ts'
import { furnish } from './support/Estate.ts'
import { extraPictures } from './support/extraPictures.ts'
import { unreachedByTab } from './support/keyboard.ts'
import { launch } from './support/launch.ts'
import { type Look, lookAs, tooWide } from './support/layout.ts'
import { picture } from './support/pictures.ts'
import { FRIENDLY } from './support/Texts.ts'
import { type Visit, visitsOf } from './support/visits.ts'
import { Visitor } from './support/Visitor.ts'

const WIDTHS = [360, 768, 1280, 2560]
const LIGHT: Look = { width: 1280, colorScheme: 'light' }
/** The looks in which axe-core reads a page; it is laid out at every width. */
const WALKS = [
  { locale: 'en-US', looks: [LIGHT, { width: 2560, colorScheme: 'dark' }] },
  {
    locale: 'zh-CN',
    looks: [
      { width: 360, colorScheme: 'dark' },
      { width: 768, colorScheme: 'light' },
    ],
  },
] as const
type Walk = (typeof WALKS)[number]
type Locale = Walk['locale']

type Found = { absent: string[]; serious: string[]; wide: string[]; keyboard: string[]; complaints: string[] }

let stack: Stack
let browser: Browser
const found = {} as Record<Locale, Found>

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/report' }] })
  browser = await launch()
  const key = secret()
  const visits = visitsOf(await furnish(stack, key, FRIENDLY))
  // Side by side: a page waits more than it works.
  await Promise.all(
    WALKS.map(async (walk) => {
      found[walk.locale] = await walkThrough(walk, key, visits)
    }),
  )
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

async function walkThrough(walk: Walk, key: `0x${string}`, visits: readonly Visit[]): Promise<Found> {
  const { locale, looks } = walk
  const of: Found = { absent: [], serious: [], wide: [], keyboard: [], complaints: [] }
  const look = { locale, colorScheme: looks[0].colorScheme, viewport: { width: looks[0].width, height: 900 } }
  const visitor = await Visitor.arrive(browser, stack, { key, look })
  const { page } = visitor
  await inspect(page, walk, { pattern: '', path: '/', name: 'sign-in' }, of)
  await visitor.signIn()
  for (const visit of [...visits, { pattern: '', path: '/nowhere', name: 'no-such-page' }]) {
    await lookAs(page, looks[0])
    await visitor.go(visit.path)
    await inspect(page, walk, visit, of)
  }
  of.complaints.push(...visitor.complaints)
  return of
}

async function inspect(page: Page, { locale, looks }: Walk, { pattern, path, name }: Visit, of: Found): Promise<void> {
  const at = (trouble: string) => `${path}: ${trouble}`
  const lang = await page.getAttribute('html', 'lang')
  if (!lang?.startsWith(locale.slice(0, 2))) of.absent.push(at(`in ${lang}`))
  if (pattern !== '' && /There is no such page|页面不存在/.test(await page.title())) of.absent.push(at('no such page'))
  const headings = await page.getByRole('heading', { level: 1 }).count()
  if (headings !== 1) of.absent.push(at(`${headings} headings of the first level`))
  if (locale === 'en-US') await picture(page, `pages/${name}`)
  for (const look of looks) {
    await lookAs(page, look)
    of.serious.push(...(await seriousOf(page)).map(at))
  }
  for (const width of WIDTHS) {
    await lookAs(page, { ...looks[0], width })
    of.wide.push(...(await tooWide(page)).map(at))
  }
  await extraPictures(page, name, locale)
  if (locale !== 'en-US') return
  await lookAs(page, LIGHT)
  of.keyboard.push(...(await unreachedByTab(page)).map(at))
}

describe.each(WALKS.map(({ locale }) => locale))('in %s every page', (locale) => {
  test('is there, in its language, with one heading of the first level', () => expect(found[locale].absent).toEqual([]))
  test('has nothing serious for axe-core, in both themes', () => expect(found[locale].serious).toEqual([]))
  test('fits from 360 to 2560 px', () => expect(found[locale].wide).toEqual([]))
  test('makes the browser complain of nothing', () => expect(found[locale].complaints).toEqual([]))
})

test('the Tab key reaches everything on every page', () => expect(found['en-US'].keyboard).toEqual([]))
