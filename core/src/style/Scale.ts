/** Sizes: of type, of space, of corners. In rem, so that they follow what a person set in the browser. */

/** Text sizes with their line heights. Body is 14 px where nobody set anything else. */
export const type = {
  tiny: ['0.75rem', '1rem'],
  small: ['0.8125rem', '1.125rem'],
  body: ['0.875rem', '1.375rem'],
  large: ['1rem', '1.5rem'],
  title: ['1.25rem', '1.625rem'],
  display: ['1.625rem', '2rem'],
} as const

/** Steps of space, in rem: 4, 8, 12, 16, 24, 32, 48 and 64 px. */
export const space = ['0.25rem', '0.5rem', '0.75rem', '1rem', '1.5rem', '2rem', '3rem', '4rem'] as const

export const radius = { small: '3px', normal: '6px', large: '10px' } as const

/** Fonts that are there already: nothing is fetched. The Chinese ones come after, for what the first do not have. */
export const fonts = {
  text: "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
  mono: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
} as const
