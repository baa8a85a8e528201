/** Seeded randomness of generators: the same seed gives the same numbers on every machine. */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** In [low, high). */
  between(low: number, high: number): number
  /** A whole number in [low, high]. */
  whole(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  normal(): number
  /** Median 1; `sigma` is the standard deviation of its logarithm. */
  lognormal(sigma: number): number
  exponential(mean: number): number
  poisson(mean: number): number
  /** Hexadecimal letters, to name things with. */
  name(length: number): string
}

/** sfc32, seeded by any number of numbers: one stream a thing, so that a change of one moves no other. */
export function random(...seed: readonly number[]): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  const draw = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return (t >>> 0) / 2 ** 32
  }
  for (const word of seed) {
    a = (a ^ Math.imul(word | 0, 0x85ebca6b)) | 0
    for (let i = 0; i < 12; i++) draw()
  }
  return distributions(draw)
}

function distributions(next: () => number): Random {
  const between = (low: number, high: number): number => low + (high - low) * next()
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const poisson = (mean: number): number => {
    if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    let count = -1
    for (let product = 1; product > Math.exp(-mean); count++) product *= next()
    return Math.max(0, count)
  }
  return {
    next,
    between,
    whole: (low, high) => Math.floor(between(low, high + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)]!,
    normal,
    lognormal: (sigma) => Math.exp(sigma * normal()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    poisson,
    name: (length) => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join(''),
  }
}
