/** The colours, by what they are for. Every pair that is used for text has a contrast of 4.5 or more, edges of controls 3. */
export type Colours = {
  /** Behind everything. */
  paper: string
  /** Of what lies on the paper: tables, forms, dialogs. */
  card: string
  /** A little below the paper: heads of tables, code, tracks of bars. */
  sunk: string
  ink: string
  /** Of what is said beside: hints, labels, units. */
  soft: string
  /** Between rows and around cards. */
  line: string
  /** Around what can be typed in or pressed. */
  edge: string
  /** Links, the main button, what is chosen. */
  accent: string
  /** On `accent`. */
  onAccent: string
  accentSoft: string
  good: string
  goodSoft: string
  warn: string
  warnSoft: string
  bad: string
  badSoft: string
  /** On `bad`, of a button that destroys. */
  onBad: string
  focus: string
  /** Behind a dialog. */
  veil: string
}

export const light: Colours = {
  paper: '#f6f7f7',
  card: '#ffffff',
  sunk: '#eceeef',
  ink: '#171b1e',
  soft: '#555d63',
  line: '#dcdfe1',
  edge: '#858e94',
  accent: '#0a5c6b',
  onAccent: '#ffffff',
  accentSoft: '#dfeff1',
  good: '#1b6540',
  goodSoft: '#e1f2e8',
  warn: '#7a4f00',
  warnSoft: '#faeed3',
  bad: '#a1251e',
  badSoft: '#fbe6e3',
  onBad: '#ffffff',
  focus: '#0b7285',
  veil: '#171b1e80',
}

export const dark: Colours = {
  paper: '#111416',
  card: '#181c1f',
  sunk: '#20262a',
  ink: '#e8ebed',
  soft: '#a5aeb4',
  line: '#2b3136',
  edge: '#6f7a81',
  accent: '#62c6d6',
  onAccent: '#06262c',
  accentSoft: '#12343b',
  good: '#6cc99b',
  goodSoft: '#12311f',
  warn: '#e2b455',
  warnSoft: '#35280b',
  bad: '#f2958c',
  badSoft: '#3d1a17',
  onBad: '#2b0906',
  focus: '#62c6d6',
  veil: '#000000a0',
}

/** Lines of charts, in the order they are used; on `card` each has a contrast of 3 or more. */
export const lightSeries = ['#0a5c6b', '#b0510a', '#5546b0', '#2b7a3d', '#a32d63', '#5f666b'] as const
export const darkSeries = ['#62c6d6', '#e79a55', '#aea2f2', '#7cc98a', '#ea8ab4', '#a5aeb4'] as const
