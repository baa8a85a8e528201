import * as Scan from './Scan.ts'

/**
 * How many tokens the JSON string that begins at `start` probably is: three ASCII characters make one, of others each
 * makes one. Rather too many than too few, for a hold that has to grow in time.
 */
export function tokens(text: string, start: number): number {
  const end = Scan.endOf(text, start)
  let thirds = 0
  for (let i = start; i < end; i++) thirds += text.charCodeAt(i) < 128 ? 1 : 3
  return thirds / 3
}
