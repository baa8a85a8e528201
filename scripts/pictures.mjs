// Takes the pictures of the docs anew, from the pages as the browser tests see them: docs/images/{dashboard,pages,payable,
// widget}/*.png, and writes docs/pages.md, which shows every page.
//
//   npm run pictures                 needs Chromium (scripts/setup-extras)
//   npm run pictures -- owner        some suites only: owner, provider, pages, payable, widget
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pages } from '../dashboard/src/pages/index.ts'
import { pageName } from '../test/browser/support/pageName.ts'
import { root } from './lib/steps.mjs'

const SUITES = ['owner', 'provider', 'pages', 'payable', 'widget']
const images = join(root, 'docs/images')

const asked = process.argv.slice(2)
const suites = asked.length > 0 ? asked : SUITES
const taken = mkdtempSync(join(tmpdir(), 'pbstream-pictures-'))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--root', 'test/browser', ...suites], {
  cwd: root,
  env: { ...process.env, PBSTREAM_PICTURES: taken },
  stdio: 'inherit',
})
if (status === 0) {
  for (const folder of readdirSync(taken).filter((name) => name !== 'more')) {
    // Nothing stays of a page that is no more; of a part of the suites nobody knows.
    if (asked.length === 0) rmSync(join(images, folder), { recursive: true, force: true })
    cpSync(join(taken, folder), join(images, folder), { recursive: true })
  }
  writeFileSync(join(root, 'docs/pages.md'), gallery())
}
rmSync(taken, { recursive: true, force: true })
process.exitCode = status ?? 1

/** Markdown with every page of the dashboard, by whose it is, and the pages and elements that others see. */
function gallery() {
  const isShop = ({ path }) => path.startsWith('/p/')
  const isSentinel = ({ path }) => path.startsWith('/p/:provider/sentinel/')
  const extra = [
    { path: '/', name: 'sign-in', title: { en: 'Sign in' } },
    { path: 'any other', name: 'no-such-page', title: { en: 'There is no such page' } },
  ]
  return `${[
    '# Every page in pictures',
    'Made by `npm run pictures` from the pages as the browser tests see them: an account with two weeks of sales, on a local chain. Paths are under `/app`. What one does on them: [dashboard.md](dashboard.md). The elements for pages of others: [widget.md](widget.md).',
    ...section('Of a wallet', [...pages.filter((page) => !isShop(page)).map(named), ...extra]),
    ...section('Of a provider', pages.filter((page) => isShop(page) && !isSentinel(page)).map(named)),
    ...section("A provider's Sentinel", pages.filter(isSentinel).map(named)),
    ...folder('The page of a price', 'payable'),
    ...folder('The widget, in a page of somebody else', 'widget'),
  ].join('\n\n')}\n`
}

function named({ path, title }) {
  return { path, title, name: pageName(path) }
}

/** Of each page its heading, its path and its pictures; the others are it in Chinese (zh), in the dark, or at 360 px. */
function section(heading, shown) {
  const parts = shown.flatMap(({ path, title, name }) => {
    const files = [`${name}.png`, ...variants(name)].filter((file) => existsSync(join(images, 'pages', file)))
    if (files.length === 0) throw new Error(`there is no picture of ${path}`)
    return [`### ${title.en}\n\`${path}\``, ...files.map((file) => picture('pages', file, title.en))]
  })
  return [`## ${heading}`, ...parts]
}

/** Other looks of a page, not other pages whose names begin alike. */
function variants(name) {
  const look = /^(?:-zh)?(?:-dark)?(?:-360)?\.png$/
  return filesOf('pages').filter(
    (file) => file !== `${name}.png` && file.startsWith(name) && look.test(file.slice(name.length)),
  )
}

function folder(heading, of) {
  return [`## ${heading}`, ...filesOf(of).map((file) => picture(of, file, basename(file, '.png').replaceAll('-', ' ')))]
}

function filesOf(of) {
  return globSync('*.png', { cwd: join(images, of) }).toSorted()
}

function picture(of, file, text) {
  const marks = basename(file, '.png')
    .split('-')
    .filter((mark) => ['zh', 'dark', '360'].includes(mark))
  const look = of === 'pages' && marks.length > 0 ? ` (${marks.join(', ')})` : ''
  return `![${text}${look}](images/${of}/${file})`
}
