/** What the Tab key reaches on a page. */
import type { Locator, Page } from 'playwright-core'

/** What somebody can do something with. */
const CONTROLS =
  'a[href], button, input, select, textarea, summary, [onclick], [tabindex="0"], [role=button], [role=link], [role=switch]'
/** Within a group the arrow keys go on from the one that has the focus. */
const BY_ARROWS = '[role=tab][aria-selected=false], input[type=radio]:not(:checked)'
/** A date field has several stops. */
const ROUNDS = 5
/** Stops on the way to something. */
const MOST = 150

type Reached = { reached: number[]; unseen: number[] }
type Noted = typeof globalThis & { reachedByTab: Reached }

/** Controls that the Tab key does not come to, and those that do not show that they have the focus. Moves the focus. */
export async function unreachedByTab(page: Page): Promise<string[]> {
  const wanted = await page.evaluate(note, { controls: CONTROLS, byArrows: BY_ARROWS })
  if (wanted.length === 0) return ['nothing to reach by Tab']
  let noted: Reached = { reached: [], unseen: [] }
  for (let round = 0; round < ROUNDS && noted.reached.length < wanted.length; round++) {
    for (let press = 0; press < wanted.length + 2; press++) await page.keyboard.press('Tab')
    noted = await page.evaluate(() => (globalThis as Noted).reachedByTab)
  }
  const reached = new Set(noted.reached)
  return [
    ...wanted.filter((_, at) => !reached.has(at)).map((html) => `not reached by Tab: ${html}`),
    ...noted.unseen.map((at) => `no sign of the focus: ${wanted[at]}`),
  ]
}

/** Presses Tab until it comes to what is wanted, then `key`. @throws {Error} when it is not on the way. */
export async function pressAt(wanted: Locator, key: string): Promise<void> {
  const page = wanted.page()
  await wanted.waitFor()
  for (let press = 0; press < MOST; press++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return page.keyboard.press(key)
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not come to ${String(wanted)}`)
}

/** Runs in the page: takes down what gets the focus from now on, beginning at its start. Answers the controls, as HTML. */
function note({ controls, byArrows }: { controls: string; byArrows: string }): string[] {
  const isThere = (element: HTMLElement) =>
    element.checkVisibility({ visibilityProperty: true }) && element.closest('[inert]') === null
  const wanted = [...document.querySelectorAll<HTMLElement>(controls)].filter(
    (element) => !element.matches(`:disabled, ${byArrows}`) && isThere(element),
  )
  const noted: Reached = { reached: [], unseen: [] }
  ;(globalThis as Noted).reachedByTab = noted
  const onFocus = ({ target }: Event) => {
    const at = wanted.indexOf(target as HTMLElement)
    if (at < 0 || noted.reached.includes(at)) return
    noted.reached.push(at)
    const { outlineStyle, boxShadow } = getComputedStyle(target as HTMLElement)
    if (outlineStyle === 'none' && boxShadow === 'none') noted.unseen.push(at)
  }
  document.addEventListener('focusin', onFocus, true)
  document.body.tabIndex = -1
  document.body.focus()
  return wanted.map((element) => element.outerHTML.slice(0, 120))
}
