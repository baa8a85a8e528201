/**
 * The types of the package: declarations of the entries and of all that they reach in `src` and in core, with imports
 * that hold where this repository is not.
 */
import { dirname, join, posix, relative, resolve } from 'node:path'
import ts from 'typescript'
import { SOURCE } from './entries.ts'

const core = join(import.meta.dirname, '../../../core/src')
const CORE = '@pbstream/core/'

/**
 * @param entries names of files in `src`, without extension.
 * @returns text by path in the package.
 * @throws {Error} when a file does not compile, or a type needs what the package does not have.
 */
export function declarations(entries: readonly string[]): Map<string, string> {
  const roots = entries.map((entry) => join(SOURCE, `${entry}.ts`))
  const program = ts.createProgram(roots, options())
  const broken = ts.getPreEmitDiagnostics(program).filter(({ category }) => category === ts.DiagnosticCategory.Error)
  if (broken.length > 0) throw new Error(ts.formatDiagnostics(broken.slice(0, 10), host))
  const emitted = new Map<string, string>()
  program.emit(undefined, (_, text, __, ___, sources) => {
    const [source] = sources ?? []
    if (source !== undefined) emitted.set(resolve(source.fileName), text)
  })

  const files = new Map<string, string>()
  const waiting = [...roots]
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const path = pathOf(source)
    const text = emitted.get(source)
    if (files.has(path)) continue
    if (text === undefined) throw new Error(`${source} has no declarations`)
    if (/\bfrom ['"]zod['"]/.test(text))
      throw new Error(`the types of ${path} need zod, which the package does not have`)
    files.set(path, rewrite(text, path, source, waiting))
  }
  return files
}

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => SOURCE,
  getNewLine: () => '\n',
}

function options(): ts.CompilerOptions {
  const config = join(import.meta.dirname, '../../../tsconfig.base.json')
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile) as { config: { compilerOptions: object } }
  const { options: base } = ts.convertCompilerOptionsFromJson(json.compilerOptions, dirname(config))
  const lib = ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts']
  // By its path, core is part of the program; by its name it would be a library, of which nothing is emitted.
  const paths = { [`${CORE}*`]: [join(core, '*.ts')] }
  return { ...base, lib, types: [], paths, noEmit: false, declaration: true, emitDeclarationOnly: true }
}

/** Where the declarations of a source are in the package. */
function pathOf(source: string): string {
  const inside = relative(SOURCE, source)
  const path = inside.startsWith('..') ? join('core', relative(core, source)) : inside
  if (path.includes('..')) throw new Error(`${source} is part of neither the widget nor core`)
  return path.replaceAll('\\', '/').replace(/\.ts$/, '.d.ts')
}

/** Imports of ours lead to their declarations in the package, which are put on the list. */
function rewrite(text: string, path: string, source: string, waiting: string[]): string {
  const specifiers = /((?:\bfrom\s+|\bimport\s+|\bimport\(\s*)(['"]))([^'"\n]+)(\2)/g
  return text.replace(specifiers, (_, before: string, __, specifier: string, quote: string) => {
    const target = specifier.startsWith(CORE)
      ? join(core, `${specifier.slice(CORE.length)}.ts`)
      : specifier.startsWith('.')
        ? resolve(dirname(source), specifier)
        : undefined
    if (target === undefined) return `${before}${specifier}${quote}`
    waiting.push(target)
    const to = posix.relative(posix.dirname(path), pathOf(target).replace(/\.d\.ts$/, '.js'))
    return `${before}${to.startsWith('.') ? to : `./${to}`}${quote}`
  })
}
