// House rules that no linter knows. Prints every breach as `file: what is wrong` and fails if there is one.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './lib/steps.mjs'
import { vitestFolders } from './lib/suites.mjs'

/** @typedef {{ path: string, text: string }} File */

const RULES = [noMachinePaths, synchronousTransactions, everyTestRuns, readmesInStep, foldersExplainThemselves, links]

/** Tracked and new files that are not ignored; binary ones and those deleted but not committed are left out. */
function repositoryFiles() {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`)
  return [...new Set(listed.stdout.split('\0'))]
    .filter((path) => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'))
}

/** Nothing in the repository depends on one machine: no home or work folders, no package registry hosts. */
function noMachinePaths({ files }) {
  const folders = ['home', 'root', 'Users', 'work', 'tmp/pb'].map((name) => `/${name}/`).join('|')
  const path = new RegExp(`(?:^|[\\s"'\`(=:])(?:${folders})[\\w.-]`, 'm')
  const registry = /https?:\/\/[\w.-]*(?:registry|npmjs|npmmirror|artifactory|nexus|verdaccio|jfrog)[\w.-]*[:/]/i
  const resolved = /"resolved": "https?:/
  return files.flatMap(({ path: file, text }) =>
    [path, registry, resolved]
      .map((pattern) => pattern.exec(text)?.[0].trim())
      .filter((found) => found !== undefined)
      .map((found) => `${file}: belongs to one machine or registry: ${found}`),
  )
}

/** An `async` callback of transactionSync commits before it has finished: its later writes stay when it throws. */
function synchronousTransactions({ files }) {
  const asyncCallback = /\b\w*(?:transaction|atomically)\w*\s*(?:<[^()]*>)?\(\s*async\b/gi
  return files
    .filter(({ path }) => /^durable-objects\/.*\/src\/.*\.ts$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(asyncCallback)].map(([found]) => `${path}: a transaction's callback is never async: ${found}`),
    )
}

/** A test that no configuration reaches would be silently left out. */
function everyTestRuns({ files }) {
  const folders = vitestFolders()
  return files
    .filter(({ path }) => /\.test\.tsx?$/.test(path))
    .filter(({ path }) => !folders.some((folder) => path.startsWith(`${folder}/`)))
    .map(({ path }) => `${path}: no vitest.config.ts above it, so npm test does not run it`)
}

/** The Chinese README says what the English one says: same headings by level, same code blocks. */
function readmesInStep({ files }) {
  const shapes = ['README.md', 'README.zh-CN.md'].map((name) => shapeOf(files.find(({ path }) => path === name)?.text))
  const [english, chinese] = shapes
  const breaches = []
  if (english.headings !== chinese.headings) {
    breaches.push(`README.zh-CN.md: headings are ${chinese.headings}, in README.md ${english.headings}`)
  }
  if (english.blocks.join('\0') !== chinese.blocks.join('\0')) {
    breaches.push(
      `README.zh-CN.md: code blocks differ from README.md (${chinese.blocks.length}, ${english.blocks.length})`,
    )
  }
  return breaches
}

/** Heading levels in order, and code blocks without comments, which are translated; drawings count by language only. */
function shapeOf(text = '') {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language, body]) =>
    language === 'mermaid' || language === '' || language === 'text' ? language : body.replace(/\s*#.*$/gm, '').trim(),
  )
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '')
  return { blocks, headings: [...prose.matchAll(/^(#+) /gm)].map(([, marks]) => marks.length).join('') }
}

/** Every part of the house opens with its own README. */
function foldersExplainThemselves({ files }) {
  const parts = files.map(({ path }) => path).filter((path) => /^[^/]+(\/[^/]+)?\/package\.json$/.test(path))
  return parts
    .map((path) => join(dirname(path), 'README.md'))
    .filter((readme) => !files.some(({ path }) => path === readme))
    .map((readme) => `${readme}: missing`)
}

/** Relative links in Markdown lead somewhere. */
function links({ files }) {
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)]
        .filter(([, target]) => !existsSync(join(root, dirname(path), target)))
        .map(([, target]) => `${path}: link to ${target}, which is not there`),
    )
}

const files = repositoryFiles()
const breaches = RULES.flatMap((rule) => rule({ files }))
for (const breach of breaches) console.error(breach)
console.log(`${files.length} files, ${RULES.length} rules, ${breaches.length} breaches`)
process.exitCode = breaches.length > 0 ? 1 : 0
