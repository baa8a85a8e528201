/** The tokens as CSS custom properties. */
import { type Colours, dark, darkSeries, light, lightSeries } from './Colours.ts'
import { fonts, radius, space, type } from './Scale.ts'

/**
 * CSS that declares every token on `root`: light, or dark where the system is dark. `data-theme="light"` or `"dark"` on
 * the element itself decides for it.
 *
 * @param root a selector of one element: `:root` for a page, `:host` for a custom element.
 */
export function tokens(root: ':root' | ':host' = ':root'): string {
  const themed = (theme: string) =>
    root === ':root' ? `:root[data-theme="${theme}"]` : `:host([data-theme="${theme}"])`
  const lightOnes = `color-scheme:light;${colours(light, lightSeries)}`
  const darkOnes = `color-scheme:dark;${colours(dark, darkSeries)}`
  return [
    `${root}{${sizes()}${lightOnes}}`,
    `@media (prefers-color-scheme:dark){${root}{${darkOnes}}}`,
    `${themed('light')}{${lightOnes}}`,
    `${themed('dark')}{${darkOnes}}`,
  ].join('\n')
}

function colours(set: Colours, series: readonly string[]): string {
  const named = Object.entries(set).map(([name, value]) => property(dashed(name), value))
  return [...named, ...series.map((value, index) => property(`series-${index}`, value))].join('')
}

function sizes(): string {
  return [
    ...Object.entries(type).map(([name, [size, line]]) => property(`text-${name}`, `${size}/${line}`)),
    ...Object.entries(type).map(([name, [size]]) => property(`size-${name}`, size)),
    ...space.map((value, index) => property(`space-${index + 1}`, value)),
    property('radius-small', radius.small),
    property('radius', radius.normal),
    property('radius-large', radius.large),
    property('font', fonts.text),
    property('mono', fonts.mono),
  ].join('')
}

const property = (name: string, value: string) => `--${name}:${value};`

/** `accentSoft` is `--accent-soft`. */
const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
