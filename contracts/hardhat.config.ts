import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

// The WASM compiler from npm: nothing is downloaded, every machine builds the same bytes.
const compiler = createRequire(import.meta.url).resolve('solc/soljson.js')

export default defineConfig({
  solidity: {
    profiles: {
      default: {
        version: '0.8.30',
        path: compiler,
        settings: {
          // The first EVM version with transient storage (EIP-1153).
          evmVersion: 'cancun',
          optimizer: { enabled: true, runs: 200 },
          // No metadata trailer: a changed comment must not change the committed bytecode.
          metadata: { bytecodeHash: 'none', appendCBOR: false },
        },
      },
    },
  },
  paths: {
    sources: './src',
    tests: { solidity: './test' },
    artifacts: './artifacts',
    cache: './cache',
  },
  test: {
    solidity: {
      fuzz: { runs: 128, seed: '0x1' },
      invariant: { runs: 16, depth: 32, failOnRevert: false },
    },
  },
})
