/** Whether texts that look like markup stayed text. */
import type { Page } from 'playwright-core'

/** Elements and scripts that only come about when `HOSTILE` is taken for markup. */
export async function takenForMarkup(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const planted = 'x-hostile, img[src="x"], [onerror], [onload], script:not([src]):not([type="application/json"])'
    const elements = [...document.querySelectorAll(planted)].map((element) => element.outerHTML.slice(0, 120))
    return [
      ...elements.map((html) => `taken for an element: ${html}`),
      ...('hostile' in globalThis ? ['its script ran'] : []),
    ]
  })
}

/** What a person can read on the page: its text, what is typed into fields, and what can be chosen. */
export async function textOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const fields = document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')
    const options = document.querySelectorAll('option')
    return [
      document.body.innerText,
      ...Array.from(fields, ({ value }) => value),
      ...Array.from(options, ({ text }) => text),
    ].join('\n')
  })
}
