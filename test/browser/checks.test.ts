// The checks that the pages are held to find the mistakes that they are for, and nothing on a page without them.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { seriousOf } from './support/axe.ts'
import { takenForMarkup } from './support/inert.ts'
import { unreachedByTab } from './support/keyboard.ts'
import { launch } from './support/launch.ts'
import { lookAs, tooWide } from './support/layout.ts'

let browser: Browser
let page: Page

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  page = await browser.newPage()
  return () => page.close()
})

const show = (body: string) =>
  page.setContent(`<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main></html>`)

const GOOD = '<a href="#there">There</a> <label>Name <input></label> <button>Save</button>'

test('a page without a mistake passes every check', async () => {
  await show(GOOD)
  await lookAs(page, { width: 360, colorScheme: 'light' })
  expect(await seriousOf(page)).toEqual([])
  expect(await tooWide(page)).toEqual([])
  expect(await unreachedByTab(page)).toEqual([])
  expect(await takenForMarkup(page)).toEqual([])
})

test.each([
  ['is taken out of the order', '<button tabindex="-1">Delete</button>'],
  ['is a button in looks alone', '<div role="button" onclick="">Delete</div>'],
])('the walk by Tab reports a control that %s', async (_, planted) => {
  await show(`${GOOD}${planted}`)
  expect(await unreachedByTab(page)).toEqual([`not reached by Tab: ${planted}`])
})

test('the walk by Tab reports what lies behind a trap of the focus', async () => {
  await show(`<div id="trap">${GOOD}</div><button>Beyond</button>
    <script>
      const [first, , last] = document.querySelectorAll('#trap a, #trap input, #trap button')
      last.onkeydown = (event) => {
        if (event.key === 'Tab') event.preventDefault(), first.focus()
      }
    </script>`)
  expect(await unreachedByTab(page)).toEqual(['not reached by Tab: <button>Beyond</button>'])
})

test('the walk by Tab reports a control that does not show the focus', async () => {
  await show(`${GOOD}<button style="outline: none">Delete</button>`)
  expect(await unreachedByTab(page)).toEqual(['no sign of the focus: <button style="outline: none">Delete</button>'])
})

test('the walk by Tab reports a page on which there is nothing to reach', async () => {
  await show('<p>Nothing</p>')
  expect(await unreachedByTab(page)).toEqual(['nothing to reach by Tab'])
})

test.each([
  ['a field without a name', 'label', '<input>'],
  ['text that is too pale', 'color-contrast', '<p style="color: #ccc; background: #fff">Pale</p>'],
])('axe reports %s', async (_, rule, planted) => {
  await show(`${GOOD}${planted}`)
  const found = await seriousOf(page)
  expect(found.map((finding) => finding.split(':')[0])).toEqual([rule])
})

test('the check of the layout reports a page that has to be scrolled sideways, and what is too wide', async () => {
  await show(`${GOOD}<div id="wide" style="width: 500px">Wide</div>`)
  await lookAs(page, { width: 360, colorScheme: 'light' })
  expect(await tooWide(page)).toEqual([expect.stringMatching(/^\d+ px wider than 360: <div id="wide"/)])
})

test.each([
  ['an element', '<x-hostile></x-hostile>', 'taken for an element: <x-hostile></x-hostile>'],
  ['a script', '<script src="data:text/javascript,hostile=1"></script>', 'its script ran'],
])('the check for markup reports %s that came of a text', async (_, planted, expected) => {
  await show(`${GOOD}${planted}`)
  expect(await takenForMarkup(page)).toEqual([expected])
})
