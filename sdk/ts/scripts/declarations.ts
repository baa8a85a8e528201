/**
 * The types of the package: declarations of the entries and of all that they reach in `src` and in core, with imports
 * that hold where neither this repository nor zod is installed.
 */
import { dirname, join, posix, relative, resolve } from 'node:path'
import ts from 'typescript'
import { packageOf, PEERS } from './entries.ts'

const sdk = join(import.meta.dirname, '../src')
const core = join(import.meta.dirname, '../../../core/src')
const CORE = '@pbstream/core/'

/**
 * @param entries names of files in `src`, without extension.
 * @returns text by path in the package, and the packages that the types name.
 * @throws {Error} when a file does not compile, or a type needs what the package does not have.
 */
export function declarations(entries: readonly string[]): { files: Map<string, string>; packages: Set<string> } {
  const program = ts.createProgram(
    entries.map((entry) => join(sdk, `${entry}.ts`)),
    options(),
  )
  const broken = ts.getPreEmitDiagnostics(program).filter(({ category }) => category === ts.DiagnosticCategory.Error)
  if (broken.length > 0) throw new Error(ts.formatDiagnostics(broken.slice(0, 10), host))
  const emitted = emit(program)

  const files = new Map<string, string>()
  const packages = new Set<string>()
  const waiting = entries.map((entry) => join(sdk, `${entry}.ts`))
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const path = pathOf(source)
    if (files.has(path)) continue
    const text = emitted.get(source)
    if (text === undefined) throw new Error(`${source} has no declarations`)
    const from = source
    const written = rewrite(withoutZod(text, program, source), (specifier) => {
      const target = sourceOf(specifier, from)
      if (target === undefined) {
        const name = packageOf(specifier)
        if (name !== undefined) packages.add(checked(name, path))
        return specifier
      }
      waiting.push(target)
      const to = posix.relative(posix.dirname(path), pathOf(target).replace(/\.d\.ts$/, '.js'))
      return to.startsWith('.') ? to : `./${to}`
    })
    files.set(path, written)
  }
  return { files, packages }
}

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => sdk,
  getNewLine: () => '\n',
}

function options(): ts.CompilerOptions {
  const config = join(import.meta.dirname, '../../../tsconfig.base.json')
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile) as { config: { compilerOptions: object } }
  const { options: base } = ts.convertCompilerOptionsFromJson(json.compilerOptions, dirname(config))
  const types = ['node', '@cloudflare/workers-types']
  // By its path, core is part of the program; by its name it would be a library, of which nothing is emitted.
  const paths = { [`${CORE}*`]: [join(core, '*.ts')] }
  return { ...base, types, paths, noEmit: false, declaration: true, emitDeclarationOnly: true }
}

function emit(program: ts.Program): Map<string, string> {
  const emitted = new Map<string, string>()
  program.emit(undefined, (_, text, __, ___, sources) => {
    const [source] = sources ?? []
    if (source !== undefined) emitted.set(resolve(source.fileName), text)
  })
  return emitted
}

/** Where the declarations of a source are in the package. */
function pathOf(source: string): string {
  const inSdk = relative(sdk, source)
  const path = inSdk.startsWith('..') ? join('core', relative(core, source)) : inSdk
  if (path.includes('..')) throw new Error(`${source} is part of neither the SDK nor core`)
  return path.replaceAll('\\', '/').replace(/\.ts$/, '.d.ts')
}

/** The source that a specifier names, when it is one of ours. */
function sourceOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith(CORE)) return join(core, `${specifier.slice(CORE.length)}.ts`)
  return specifier.startsWith('.') ? resolve(dirname(from), specifier) : undefined
}

function rewrite(text: string, to: (specifier: string) => string): string {
  const specifiers = /((?:\bfrom\s+|\bimport\s+|\bimport\(\s*)(['"]))([^'"\n]+)(\2)/g
  return text.replace(specifiers, (_, before: string, __, specifier: string, quote: string) => {
    return before + to(specifier) + quote
  })
}

function checked(name: string, path: string): string {
  if (!Object.hasOwn(PEERS, name)) throw new Error(`the types of ${path} need ${name}, which the package does not have`)
  return name
}

/** Types that are inferred from zod schemas, written out. The schemas themselves are core's own: no entry exports one. */
function withoutZod(text: string, program: ts.Program, source: string): string {
  const checker = program.getTypeChecker()
  const others = schemasOfOthers(program.getSourceFile(source), checker)
  if (others.size === 0 && !/\bfrom ['"]zod['"]/.test(text)) return text
  const aliases = new Map<string, string>()
  program.getSourceFile(source)?.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node)) return
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias
    aliases.set(node.name.text, checker.typeToString(checker.getTypeAtLocation(node.name), undefined, flags))
  })
  const parsed = ts.createSourceFile('a.d.ts', text, ts.ScriptTarget.Latest, true)
  const isZods = (node: ts.Node) => /\bz\.|\bfrom ['"]zod['"]/.test(node.getText(parsed))
  const schemas = new Set<string>()
  for (const node of parsed.statements.filter(ts.isVariableStatement).filter(isZods)) {
    for (const { name } of node.declarationList.declarations) schemas.add(name.getText(parsed))
  }
  let out = ''
  let at = 0
  for (const node of parsed.statements) {
    const instead = isZods(node) ? typed(node, aliases, source) : withoutNames(node, schemas, others)
    if (instead === undefined) continue
    out += text.slice(at, node.getStart(parsed)) + instead
    at = node.getEnd()
  }
  return out + text.slice(at)
}

/** What is left of a statement that names zod: a type, written out. */
function typed(node: ts.Statement, aliases: ReadonlyMap<string, string>, source: string): string {
  if (ts.isTypeAliasDeclaration(node)) return `export type ${node.name.text} = ${aliases.get(node.name.text)};`
  if (ts.isImportDeclaration(node) || ts.isVariableStatement(node)) return ''
  throw new Error(`${source}: a declaration needs zod`)
}

/** Names that a source passes on from another of ours where they are schemas. */
function schemasOfOthers(source: ts.SourceFile | undefined, checker: ts.TypeChecker): Set<string> {
  const names = new Set<string>()
  source?.forEachChild((node) => {
    if (!ts.isExportDeclaration(node) || node.moduleSpecifier === undefined) return
    if (node.exportClause === undefined || !ts.isNamedExports(node.exportClause)) return
    for (const element of node.exportClause.elements) {
      const symbol = checker.getSymbolAtLocation(element.name)
      const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const isVariable = target?.valueDeclaration !== undefined && ts.isVariableDeclaration(target.valueDeclaration)
      if (isVariable && checker.typeToString(checker.getTypeOfSymbol(target)).startsWith('Zod'))
        names.add((element.propertyName ?? element.name).text)
    }
  })
  return names
}

/** A list of exports without those that are gone; `undefined` to leave the statement as it is. */
function withoutNames(node: ts.Statement, own: ReadonlySet<string>, others: ReadonlySet<string>): string | undefined {
  if (!ts.isExportDeclaration(node)) return undefined
  if (node.exportClause === undefined || !ts.isNamedExports(node.exportClause)) return undefined
  const { exportClause, moduleSpecifier } = node
  const gone = moduleSpecifier === undefined ? own : others
  const kept = exportClause.elements.filter(({ propertyName, name }) => !gone.has((propertyName ?? name).text))
  if (kept.length === exportClause.elements.length) return undefined
  const from = moduleSpecifier === undefined ? '' : ` from ${moduleSpecifier.getText()}`
  return `export { ${kept.map((element) => element.getText()).join(', ')} }${from};`
}
