/** What the authorisation screen shows: everything that a person needs to decide. */
import type { Address } from '@pbstream/core/Hex'
import { oneLine } from '../format/Line.ts'
import type { Checked, Draft } from '../grant/Draft.ts'
import type { Terms } from '../grant/Request.ts'
import type { Remembered } from '../grant/Memory.ts'
import type { Grant } from '../grant/Service.ts'
import type { Locale } from '../text/Locale.ts'

/** Another permission of this site; `grant` is missing while it is read, null when it could not be. */
export type Existing = { remembered: Remembered; grant?: Grant | null }

export type Review = {
  locale: Locale
  terms: Terms
  draft: Draft
  checked: Checked
  /** What the browser says about the page. */
  page: Page
  account: Address
  /** The chain that the wallet is on. */
  chainId: number
  testnet: boolean
  /** Atomic units; undefined while it is not known, null when the wallet did not say. */
  balance: bigint | null | undefined
  existing: readonly Existing[]
  /** Address of the service, where permissions can be revoked. */
  service: string
  /** Unix seconds, by the clock of the service. */
  now: number
}

export type Page = {
  /** The site as the browser knows it. */
  origin: string
  secure: boolean
  /** The site around the page, when it is inside of another. */
  around: string | undefined
}

/** Statuses under which a permission may still spend, now or later. */
const LIVING = new Set(['draft', 'active', 'freezing', 'frozen'])

/** Whether a permission is worth a look before another is given: an unreadable one is. */
export function isLiving({ grant, remembered }: Existing, now: number): boolean {
  return grant ? LIVING.has(grant.status) : remembered.expiry > now
}

/** What the browser says of the page that this runs in. */
export function thisPage(): Page {
  const inside = window.top !== window
  const [parent] = location.ancestorOrigins ?? []
  const around = parent ?? (document.referrer === '' ? '?' : new URL(document.referrer).origin)
  const origin = location.origin === 'null' ? location.href : location.origin
  return { origin: oneLine(origin, 200), secure: window.isSecureContext, around: inside ? around : undefined }
}
