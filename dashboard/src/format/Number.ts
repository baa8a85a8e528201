/** Numbers that are not money, as the language of the page writes them. */
import { locale, TAGS } from '../text.ts'

export function formatNumber(value: number, maximumFractionDigits = 2): string {
  return new Intl.NumberFormat(TAGS[locale.value], { maximumFractionDigits }).format(value)
}

/** `0.125` is `12.5 %`. A hyphen where there is nothing to say. */
export function formatShare(share: number | null | undefined, maximumFractionDigits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–'
  return new Intl.NumberFormat(TAGS[locale.value], { style: 'percent', maximumFractionDigits }).format(share)
}

/** `12_345` is `12K`: for axes, where room is short. */
export function formatShort(value: number): string {
  return new Intl.NumberFormat(TAGS[locale.value], { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}
