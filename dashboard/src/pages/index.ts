/** The pages, one line each. The code of a page is loaded when somebody goes there. */
import type { Page } from '../Router.ts'
import { ownerPages } from './keys/Pages.ts'
import { providerPages } from './overview/Pages.ts'
import { sentinelPages } from './sentinel/Pages.ts'
import { moneyPages } from './sessions/Pages.ts'
import { accountPages } from './settings/Pages.ts'

export const pages: Page[] = [...ownerPages, ...providerPages, ...sentinelPages, ...moneyPages, ...accountPages]
