// The quick starts of the docs are files of sdk/ts/examples, which tests run: each is shown whole and unchanged.
//
//   node scripts/check-examples.mjs            fails where a page and its file differ
//   node scripts/check-examples.mjs --write    copies the files into the pages
//
// A page shows a file by a comment with its path before the block: <!-- sdk/ts/examples/hono.ts -->. On docs/sdk/README.md
// every block is a file; other pages may have parts of programs beside them.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/steps.mjs'

const BLOCK = /(<!-- (\S+) -->\n)?```(ts|tsx|js)\n([\s\S]*?)^```$/gm
const write = process.argv.includes('--write')
const pages = globSync('docs/**/*.md', { cwd: root })
const examples = globSync('sdk/ts/examples/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
const shown = new Set()
const breaches = []
let blocks = 0

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  const written = text.replace(BLOCK, (block, comment, path, language, body) => {
    blocks++
    if (path === undefined) {
      if (page.endsWith('sdk/README.md'))
        breaches.push(`${page}: a block of code without the file that it is: ${body.split('\n')[0]}`)
      return block
    }
    shown.add(path)
    if (!existsSync(join(root, path))) {
      breaches.push(`${page}: shows ${path}, which is not there`)
      return block
    }
    const file = readFileSync(join(root, path), 'utf8')
    if (file !== body && !write) breaches.push(`${page}: differs from ${path}`)
    return `${comment}\`\`\`${language}\n${file}\`\`\``
  })
  if (write && written !== text) writeFileSync(join(root, page), written)
}
for (const path of examples) if (!shown.has(path)) breaches.push(`${path}: on no page of docs`)

for (const breach of breaches) console.error(breach)
console.log(`${blocks} blocks on ${pages.length} pages, ${examples.length} files, ${breaches.length} breaches`)
process.exitCode = breaches.length > 0 ? 1 : 0
