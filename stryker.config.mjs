// Mutation testing of `core`: every mistake that can be made by changing one operator, literal or statement is made, one
// at a time, and the tests of `core` have to notice. Started by `npm run mutation` (scripts/mutation.mjs).
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default {
  // Beside generated code, tables of words and shapes of messages.
  mutate: ['core/src/**/*.ts', '!core/src/{abi,errors,message,style}/**'],
  // The sandbox is a copy: what the tests of `core` read, and nothing else.
  ignorePatterns: ['/*', '!/core', '!/docs', '/core/node_modules'],
  tempDirName: join(tmpdir(), 'pbstream-mutation'),
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './scripts/lib/mutationWords.mjs'],
  ignorers: ['words'],
  vitest: { configFile: 'core/mutation.vitest.ts', dir: 'core' },
  // There is nothing to compile: Vite strips the types.
  tsconfigFile: 'none.json',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A mutant may loop for ever; the properties take their time, and more of it on a busy machine.
  timeoutMS: 60_000,
  timeoutFactor: 3,
  dryRunTimeoutMinutes: 20,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: {
    allowColor: false,
    allowEmojis: false,
    logTests: false,
    reportTests: false,
    reportScoreTable: true,
  },
  jsonReporter: { fileName: 'reports/mutation.json' },
  allowEmpty: true,
  // scripts/mutation.mjs decides, over all files.
  thresholds: { high: 95, low: 85, break: null },
}
