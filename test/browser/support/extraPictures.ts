/** Some pages also in Chinese, in the dark, or on a telephone. */
import type { Page } from 'playwright-core'
import { lookAs } from './layout.ts'
import { picture } from './pictures.ts'

type Extra = { locale: 'en-US' | 'zh-CN'; width: 360 | 1280; colorScheme: 'light' | 'dark' }

const CHINESE: Extra = { locale: 'zh-CN', width: 1280, colorScheme: 'light' }
const DARK: Extra = { locale: 'en-US', width: 1280, colorScheme: 'dark' }
const SMALL: Extra = { locale: 'en-US', width: 360, colorScheme: 'light' }

const EXTRAS: Record<string, readonly Extra[]> = {
  'sign-in': [{ ...SMALL, locale: 'zh-CN', colorScheme: 'dark' }],
  keys: [CHINESE, SMALL],
  'keys-new': [SMALL],
  'keys-id': [{ ...CHINESE, colorScheme: 'dark' }],
  usage: [DARK],
  'receipts-id': [SMALL],
  funds: [{ ...SMALL, locale: 'zh-CN' }],
  provider: [CHINESE, DARK],
  'provider-routes-id': [DARK],
  'provider-sentinel-rules-edit-id': [CHINESE],
  'provider-sentinel-decisions-id': [DARK],
  'provider-settlements': [{ ...CHINESE, colorScheme: 'dark' }],
}

/** Pictures of the page beside the first one: `pages/keys-zh`, `pages/usage-dark`, `pages/keys-new-360`. Changes its look. */
export async function extraPictures(page: Page, name: string, locale: Extra['locale']): Promise<void> {
  for (const extra of EXTRAS[name] ?? []) {
    if (extra.locale !== locale) continue
    await lookAs(page, extra)
    const marks = [
      ...(locale === 'zh-CN' ? ['zh'] : []),
      ...(extra.colorScheme === 'dark' ? ['dark'] : []),
      ...(extra.width === 360 ? ['360'] : []),
    ]
    await picture(page, `pages/${[name, ...marks].join('-')}`)
  }
}
