/**
 * Bugs in turns: those whose tests are of one folder are looked at by one Vitest, which is started once. It spares much of
 * the time, and misses nothing by itself: what it does not catch is looked at again by a Vitest of its own; and so is all
 * that it has caught, should tests not pass there when the last bug is out again.
 */
import type { Bug } from './Bug.ts'
import type { Tests } from './suites.ts'
import type { Outcome, Tree } from './Tree.ts'
import { Warm } from './Warm.ts'

/** So many at once, that two workers have the same to do to the end. */
const MOST = 12
/** Fewer are not worth the start, and the look at the end. */
const FEWEST = 3

/** Each bug that goes by itself, some of which take long; then groups of bugs that have the same Vitest, large ones first. */
export function inTurns(bugs: readonly Bug[]): Bug[][] {
  const alone: Bug[] = []
  const places = new Map<string, Bug[]>()
  for (const bug of bugs) {
    const { tests } = bug.suite
    if (tests === undefined) alone.push(bug)
    else places.set(placeOf(tests), [...(places.get(placeOf(tests)) ?? []), bug])
  }
  const groups = [...places.values()].flatMap((group) => {
    const count = Math.ceil(group.length / MOST)
    const size = Math.ceil(group.length / count)
    // Tests of one file in one group: it is loaded once, and looked at once at the end.
    const sorted = group.toSorted((a, b) => order(a.suite.tests?.file ?? '', b.suite.tests?.file ?? ''))
    return Array.from({ length: count }, (_, i) => sorted.slice(i * size, (i + 1) * size))
  })
  const cold = groups.filter(({ length }) => length < FEWEST).flat()
  const warm = groups.filter(({ length }) => length >= FEWEST).toSorted((a, b) => b.length - a.length)
  return [...[...cold, ...alone].map((bug) => [bug]), ...warm]
}

/** The bugs of a group that were caught for sure, with how long it took (ms). `begins` hears of each before it is planted. */
export async function caughtInTurns(
  tree: Tree,
  group: readonly Bug[],
  ms: number,
  begins: (bug: Bug) => void,
): Promise<Map<Bug, number>> {
  const caught = new Map<Bug, number>()
  const [first] = group
  if (first?.suite.tests === undefined) return caught
  const warm = await Warm.start(tree, first.suite.tests, ms)
  if (warm === undefined) return caught
  let changed: string[] = []
  for (const bug of group) {
    begins(bug)
    const since = Date.now()
    const outcome = await planted(tree, warm, bug, changed, ms)
    if (outcome !== undefined && isNoticed(bug, outcome)) caught.set(bug, Date.now() - since)
    changed = [bug.file]
  }
  const passes = await passesAgain(warm, [...caught.keys()], changed, ms)
  await warm.end()
  return passes ? caught : new Map()
}

export function isNoticed({ notices }: Bug, { code, output }: Outcome): boolean {
  return code !== undefined && code !== 0 && notices.test(output)
}

/** Undefined where it cannot be planted, or Vitest is gone. */
async function planted(tree: Tree, warm: Warm, { file, find, replace, suite }: Bug, changed: string[], ms: number) {
  if (suite.tests === undefined) return undefined
  const undo = await tree.plant(file, find, replace).catch(() => undefined)
  if (undo === undefined) return undefined
  try {
    return await warm.run(suite.tests, [...changed, file], ms)
  } finally {
    await undo()
  }
}

/** Whether tests that have caught something pass without it: those of the file that has caught the most. */
async function passesAgain(warm: Warm, bugs: readonly Bug[], changed: string[], ms: number): Promise<boolean> {
  const files = [...Map.groupBy(bugs, ({ suite }) => suite.tests?.file).values()]
  const [most = []] = files.toSorted((a, b) => b.length - a.length)
  const tests = most[0]?.suite.tests
  if (tests === undefined) return false
  const { only: _only, ...whole } = tests
  const names = new Set(most.map(({ suite }) => suite.tests?.only))
  const only = names.has(undefined) ? {} : { only: [...names].map((name) => `(?:${name})`).join('|') }
  const outcome = await warm.run({ ...whole, ...only }, changed, ms)
  return outcome?.code === 0
}

function placeOf({ root, config }: Tests): string {
  return `${root} ${config ?? ''}`
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
