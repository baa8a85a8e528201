/** The text format that Prometheus reads (version 0.0.4). Pure: families in, text out. */

export type Family = {
  /** Without the prefix that all have. */
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** Labels as they stand between the braces, and values as decimal text: amounts are longer than a double. */
  samples: readonly Sample[]
}
export type Sample = { labels: string; value: string; suffix?: '_bucket' | '_sum' | '_count' }

export const PREFIX = 'pbstream_'

/** Families without a sample are named all the same, so that what can be asked for can be seen. */
export function expose(families: readonly Family[]): string {
  return families.map(text).join('')
}

function text({ name, help, type, samples }: Family): string {
  const full = `${PREFIX}${name}`
  const lines = samples.map(({ suffix = '', labels, value }) => {
    return `${full}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}`
  })
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n')
}

/** Milliseconds as seconds, exactly. */
export function seconds(ms: bigint): string {
  const digits = String(ms).padStart(4, '0')
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`
}
