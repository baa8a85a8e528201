/** The narrowest run that should notice a bug, as a command for Node in the copied tree. */

export type Suite = {
  /** For people: what to type to see it fail. */
  readonly shown: string
  /** Arguments for Node; `bin` is a program of the tree's node_modules that comes first. */
  readonly bin?: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The same for a Vitest that is running already. */
  readonly tests?: Tests
}

/** Tests of one file in a folder with a configuration; `only`: those whose names match. */
export type Tests = {
  readonly root: string
  readonly config?: string
  readonly file: string
  readonly only?: string
}

/** Histories of the simulator, the same in every run. The smallest that fails is printed with its invariant. */
export function sim(world: 'core' | 'fast' | 'full', runs: number): Suite {
  const args = ['test/sim/run.ts', '--world', world, '--seed', '1', '--runs', String(runs)]
  return { shown: `node ${args.join(' ')}`, args }
}

/** Runs of the lane's property, the same every time: with a seed of its own each night it may miss what is rare. */
export function laneRuns(runs: number): Suite {
  const env = { LANE_RUNS: String(runs), LANE_SEED: '1' }
  const { tests: _alone, ...suite } = vitest('durable-objects/nonce-lane', 'test/Lane.property.test.ts')
  return { ...suite, env, shown: `LANE_RUNS=${runs} LANE_SEED=1 ${suite.shown}` }
}

/** One test file, or the tests of it whose names match `only`. */
export function vitest(root: string, file: string, only?: string, config?: string): Suite {
  const where = config === undefined ? ['--root', root] : ['--root', root, '--config', config]
  const what = only === undefined ? [file] : [file, '-t', only]
  // Titles are shown of tests that fail and of no others. One process: there is one file.
  const args = ['run', ...where, ...what, '--reporter=dot', '--maxWorkers=1']
  return {
    shown: `npx vitest ${args.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ')}`,
    bin: 'vitest/vitest.mjs',
    args,
    tests: { root, file, ...(only !== undefined && { only }), ...(config !== undefined && { config }) },
  }
}
