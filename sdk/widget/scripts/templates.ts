/** Takes out of templates what is weight in a page and nothing else: line breaks, indentation, the spaces of CSS. */
import { readFile } from 'node:fs/promises'
import { type Plugin, transform } from 'esbuild'

const FILES = /[\\/]sdk[\\/]widget[\\/]src[\\/](?:elements|view|style)[\\/]\w+\.ts$/

export const templates: Plugin = {
  name: 'templates',
  setup(build) {
    build.onLoad({ filter: FILES }, async ({ path }) => {
      const options = { loader: 'ts', target: 'esnext', minifyWhitespace: true, charset: 'utf8' } as const
      const { code } = await transform(await readFile(path, 'utf8'), { ...options, sourcefile: path })
      // What line breaks are left are in templates.
      const contents = code.replace(/css`([^`$]*)`/g, (_, css: string) => `css\`${small(css)}\``).replace(/\n\s*/g, ' ')
      return { contents, loader: 'js' }
    })
  },
}

function small(css: string): string {
  return css
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .trim()
}
