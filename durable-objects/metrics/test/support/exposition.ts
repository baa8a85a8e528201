/**
 * A strict reader of Prometheus text exposition 0.0.4, for tests: anything that the format forbids, and anything that
 * this project's names promise and do not keep, throws.
 */
export type Families = Map<string, { type: string; help: string; samples: Map<string, string> }>

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? ([+-]?[0-9]+(?:\.[0-9]+)?)$`)

/** Families by name; samples by name and labels, values as they stand. */
export function parse(text: string): Families {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended')
  const families: Families = new Map()
  let current: string | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line)
    if (help?.[1] !== undefined) {
      if (families.has(help[1])) throw new Error(`${help[1]} comes twice`)
      families.set((current = help[1]), { type: '', help: help[2] ?? '', samples: new Map() })
    } else if (type?.[1] !== undefined) {
      const family = families.get(type[1])
      if (family === undefined || type[1] !== current || family.type !== '')
        throw new Error(`TYPE out of place: ${line}`)
      family.type = type[2] ?? ''
    } else {
      sample(families, current, line)
    }
  }
  for (const [name, family] of families) check(name, family)
  return families
}

/** The value of one sample, which has to be there. */
export function value(families: Families, sampleText: string): string {
  for (const { samples } of families.values()) {
    const found = samples.get(sampleText)
    if (found !== undefined) return found
  }
  throw new Error(`no sample ${sampleText}`)
}

function sample(families: Families, current: string | undefined, line: string): void {
  const [, name = '', labels = '', number = ''] = SAMPLE.exec(line) ?? []
  const family = families.get(current ?? '')
  if (name === '' || family === undefined) throw new Error(`not a sample: ${line}`)
  const suffix = family.type === 'histogram' ? '(_bucket|_sum|_count)' : ''
  if (!new RegExp(`^${current}${suffix}$`).test(name)) throw new Error(`${name} does not belong to ${current}`)
  const names = [...labels.matchAll(new RegExp(LABEL, 'g'))].map(([label]) => label.split('=')[0])
  if (new Set(names).size !== names.length) throw new Error(`a label comes twice: ${line}`)
  const key = labels === '' ? name : `${name}{${labels}}`
  if (family.samples.has(key)) throw new Error(`a sample comes twice: ${line}`)
  family.samples.set(key, number)
}

function check(name: string, { type, help, samples }: { type: string; help: string; samples: Map<string, string> }) {
  if (!name.startsWith('pbstream_')) throw new Error(`${name} has another prefix`)
  if (type === '' || help === '') throw new Error(`${name} has no type or help`)
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`)
  if (type === 'counter') {
    for (const [key, number] of samples) if (number.startsWith('-')) throw new Error(`${key} is negative`)
  }
  if (type === 'histogram') histogram(name, samples)
}

/** Buckets rise, the last one is all there is. */
function histogram(name: string, samples: Map<string, string>): void {
  const last = new Map<string, { count: bigint; bound: string }>()
  for (const [key, number] of samples) {
    const bound = /le="([^"]+)"/.exec(key)?.[1]
    if (bound === undefined) continue
    const labels = key.replace(/,?le="[^"]+"/, '').replace(`${name}_bucket`, '')
    const before = last.get(labels)
    if (before !== undefined && BigInt(number) < before.count) throw new Error(`${key} falls`)
    last.set(labels, { count: BigInt(number), bound })
  }
  for (const [labels, { count, bound }] of last) {
    if (bound !== '+Inf' || samples.get(`${name}_count${labels}`) !== String(count)) {
      throw new Error(`${name}${labels} does not end in +Inf and its count`)
    }
    if (!samples.has(`${name}_sum${labels}`)) throw new Error(`${name}${labels} has no sum`)
  }
}
