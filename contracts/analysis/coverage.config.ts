// The tests on marked copies of the sources: same compiler, same tests, same test profile.
import { defineConfig } from 'hardhat/config'
import type { MultiVersionSolidityUserConfig } from 'hardhat/types/config'
import config from '../hardhat.config.ts'

const work = 'analysis/.cache/coverage'
const { compilers, overrides = {} } = (config.solidity as { profiles: { default: MultiVersionSolidityUserConfig } })
  .profiles.default

export default defineConfig({
  ...config,
  solidity: {
    // Optimising tests takes longer than running them, and marks keep the optimiser from much anyway.
    compilers: compilers.map((each) => ({ ...each, settings: { ...each.settings, optimizer: { enabled: false } } })),
    overrides: Object.fromEntries(Object.entries(overrides).map(([file, each]) => [`${work}/${file}`, each])),
  },
  // The copies are marked already.
  coverage: { skipFiles: ['**'] },
  paths: {
    ...config.paths,
    sources: `./${work}/src`,
    tests: { solidity: `./${work}/test` },
    artifacts: `./${work}/artifacts`,
    cache: `./${work}/cache`,
  },
})
