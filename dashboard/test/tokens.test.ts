import { describe, expect, test } from 'vitest'
import { type Colours, dark, darkSeries, light, lightSeries } from '@pbstream/core/style/Colours'
import { tokens } from '@pbstream/core/style/Tokens'

/** WCAG 2.2: relative luminance and contrast. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const TEXT: readonly (readonly [keyof Colours, keyof Colours])[] = [
  ...(['paper', 'card', 'sunk', 'accentSoft', 'goodSoft', 'warnSoft', 'badSoft'] as const).map(
    (on) => ['ink', on] as const,
  ),
  ...(['paper', 'card', 'sunk'] as const).map((on) => ['soft', on] as const),
  ...(['accent', 'good', 'warn', 'bad'] as const).flatMap((tone) => [
    [tone, 'paper'] as const,
    [tone, 'card'] as const,
    [tone, `${tone}Soft`] as const,
  ]),
  ['onAccent', 'accent'],
  ['onBad', 'bad'],
  // The chosen "Test" of the mode switch.
  ['card', 'warn'],
]

describe.each([
  ['light', light, lightSeries],
  ['dark', dark, darkSeries],
])('%s', (_, colours, series) => {
  test.each(TEXT)('%s on %s can be read (AA)', (ink, on) => {
    expect(contrast(colours[ink], colours[on])).toBeGreaterThanOrEqual(4.5)
  })

  test('edges of controls and the focus ring can be seen', () => {
    for (const on of ['card', 'paper'] as const) {
      expect(contrast(colours.edge, colours[on])).toBeGreaterThanOrEqual(3)
      expect(contrast(colours.focus, colours[on])).toBeGreaterThanOrEqual(3)
    }
  })

  test('lines of charts can be seen', () => {
    for (const line of series) expect(contrast(line, colours.card)).toBeGreaterThanOrEqual(3)
  })
})

test('every colour is declared for light, for dark, and for a system that is dark', () => {
  const css = tokens(':host')
  for (const colour of [light.accent, dark.accent]) expect(css.split(`--accent:${colour};`).length - 1).toBe(2)
  expect(css).toContain(':host([data-theme="dark"])')
  expect(css).not.toContain(':root')
})
