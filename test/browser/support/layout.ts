/** Whether a page fits into its window. */
import type { Page } from 'playwright-core'

export type Look = { width: number; colorScheme: 'light' | 'dark' }

const HEIGHT = 900

/** The page in a window of this width and in this theme, drawn. */
export async function lookAs(page: Page, { width, colorScheme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT })
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.evaluate(
    () => new Promise<void>((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))),
  )
}

/** Nothing, or by how much the page has to be scrolled sideways, and what is too wide. */
export async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth } = document.documentElement
    if (scrollWidth <= innerWidth) return []
    const beyond = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > innerWidth,
    )
    const deepest = beyond.filter((element) => !beyond.some((other) => other !== element && element.contains(other)))
    const html = deepest.slice(0, 3).map((element) => element.outerHTML.slice(0, 120))
    return [`${scrollWidth - innerWidth} px wider than ${innerWidth}: ${html.join(' | ')}`]
  })
}
