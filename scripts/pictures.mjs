// Takes the pictures of the docs anew, from the pages as the browser tests see them: docs/images/dashboard/*.png.
//
//   npm run pictures          needs Chromium (scripts/setup-extras)
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './lib/steps.mjs'

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--root', 'test/browser', 'owner', 'provider'], {
  cwd: root,
  env: { ...process.env, PBSTREAM_PICTURES: join(root, 'docs/images/dashboard') },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
