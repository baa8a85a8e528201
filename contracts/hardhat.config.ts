import { createRequire } from 'node:module'
import hardhatIgnition from '@nomicfoundation/hardhat-ignition'
import { configVariable, defineConfig } from 'hardhat/config'
import { create2 } from './deployments/create2.ts'

// The WASM compiler from npm: nothing is downloaded, every machine builds the same bytes.
const path = createRequire(import.meta.url).resolve('solc/soljson.js')
const version = '0.8.37'

const settings = {
  // The first EVM version with transient storage (EIP-1153).
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 200 },
  // No metadata trailer: a changed comment must not change the committed bytecode.
  metadata: { bytecodeHash: 'none', appendCBOR: false },
}

export default defineConfig({
  plugins: [hardhatIgnition],
  solidity: {
    profiles: {
      default: {
        compilers: [{ version, path, settings }],
        overrides: {
          // What goes on public networks is compiled for gas. It takes half a minute, so tests take the artifact
          // (`vm.getCode`) and do not compile it again.
          'src/StreamChannelEscrow.sol': {
            version,
            path,
            settings: { ...settings, viaIR: true, optimizer: { enabled: true, runs: 20_000 } },
          },
        },
      },
    },
  },
  networks: {
    // Any chain: the runbook says how it is named.
    target: {
      type: 'http',
      url: configVariable('DEPLOY_RPC_URL'),
      accounts: [configVariable('DEPLOYER_KEY')],
    },
  },
  ignition: {
    requiredConfirmations: 1,
    strategyConfig: { create2: { salt: create2.salt } },
  },
  paths: {
    sources: './src',
    tests: { solidity: './test' },
    artifacts: './artifacts',
    cache: './cache',
    ignition: './ignition',
  },
  test: {
    solidity: {
      // The golden vectors, read by test/vectors.
      fsPermissions: { readDirectory: ['../core/vectors'] },
      // The same inputs in every run; `npm run test:night` asks for others, and for more.
      fuzz: { runs: Number(process.env.FUZZ_RUNS ?? 128), seed: process.env.FUZZ_SEED ?? '0x1' },
      invariant: { runs: Number(process.env.INVARIANT_RUNS ?? 16), depth: 32, failOnRevert: false },
    },
  },
})
