/**
 * The tokens of the design as a page can set them: `--pb-accent` and the like, on `:root` or on one element. Behind each
 * is the design's own value, for light and dark by the `color-scheme` of the page.
 */
import { type Colours, dark, light } from '@pbstream/core/style/Colours'
import { fonts, radius, type } from '@pbstream/core/style/Scale'
import { css, unsafeCSS } from 'lit'

const COLOURS = [
  'card',
  'sunk',
  'ink',
  'soft',
  'line',
  'edge',
  'accent',
  'onAccent',
  'good',
  'warn',
  'bad',
  'focus',
  'veil',
] as const satisfies readonly (keyof Colours)[]

const OTHERS = { radius: radius.normal, font: fonts.text, mono: fonts.mono, size: type.body[0] } as const

const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const read = (name: string, value: string) => `--_${dashed(name)}:var(--pb-${dashed(name)},${value});`
const declared = [
  ...COLOURS.map((name) => read(name, `light-dark(${light[name]},${dark[name]})`)),
  ...Object.entries(OTHERS).map(([name, value]) => read(name, value)),
].join('')

/** The names that a page can set. */
export const NAMES = [...COLOURS, ...Object.keys(OTHERS)].map((name) => `--pb-${dashed(name)}`)

export const tokens = css`
  :host {
    ${unsafeCSS(declared)}
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([theme='auto']) {
    color-scheme: light dark;
  }
`
