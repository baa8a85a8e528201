/** Pictures of what tests see, taken when `PBSTREAM_PICTURES` names a folder for them, as `npm run pictures` does. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { smaller } from './smaller.ts'

/** Keeps `<name>.png` of the viewport of a page, or of an element. Names have their folder: `widget/usage-en-light`. */
export async function picture(shown: Page | Locator, name: string): Promise<void> {
  const folder = process.env.PBSTREAM_PICTURES
  if (folder === undefined) return
  const file = join(folder, `${name}.png`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, smaller(await shown.screenshot({ animations: 'disabled' })))
}
