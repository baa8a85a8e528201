// For sources with a planted mistake: the same compiler and tests; the escrow is optimised less, which takes half the time.
import { defineConfig } from 'hardhat/config'
import type { MultiVersionSolidityUserConfig } from 'hardhat/types/config'
import config from '../hardhat.config.ts'

const { compilers, overrides = {} } = (config.solidity as { profiles: { default: MultiVersionSolidityUserConfig } })
  .profiles.default

/** Without the steps of the Yul optimizer; variables still have to find room on the stack. */
const optimizer = {
  enabled: true,
  runs: 1,
  details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: '' } },
}

export default defineConfig({
  ...config,
  solidity: {
    compilers,
    overrides: Object.fromEntries(
      Object.entries(overrides).map(([file, each]) => [file, { ...each, settings: { ...each.settings, optimizer } }]),
    ),
  },
})
