// The structs that the contracts hash by EIP-712, read from the type strings in their sources: TypeScript hashes and
// wallets show the same ones.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Member {
  name: string
  type: string
}

const libraries = join(import.meta.dirname, '../src/libraries')
const TYPE_STRING = /keccak256\(\s*"(\w+\(\w.*)"\s*\)/g

/** The text of `core/src/abi/TypedData.ts`. */
export async function typedDataFile(header: string): Promise<string> {
  const strings = new Map<string, string>()
  const structs = new Map<string, Member[]>()
  for (const library of ['Domain', 'ChannelHash', 'KeyHash']) {
    const source = await readFile(join(libraries, `${library}.sol`), 'utf8')
    for (const [, text = ''] of source.matchAll(TYPE_STRING)) read(text, strings, structs)
  }
  for (const [name, text] of strings) {
    const expected = encodeType(name, structs)
    if (text !== expected) throw new Error(`${text} should be ${expected}`)
  }
  const texts = [...strings].map(([name, text]) => `  ${name}: ${JSON.stringify(text)},\n`).join('')
  const members = [...structs].map(([name, list]) => {
    const lines = list.map((member) => `    ${JSON.stringify(member)},\n`).join('')
    return `  ${name}: [\n${lines}  ],\n`
  })
  return (
    `${header}// oxfmt-ignore\nexport const typeStrings = {\n${texts}} as const\n\n` +
    `// oxfmt-ignore\nexport const structs = {\n${members.join('')}} as const\n`
  )
}

/** Notes a type string under its first struct, and every struct in it; one that differs from its other copies throws. */
function read(text: string, strings: Map<string, string>, structs: Map<string, Member[]>): void {
  for (const [i, [, name = '', list = '']] of [...text.matchAll(/(\w+)\(([^()]*)\)/g)].entries()) {
    if (i === 0) strings.set(name, text)
    const members = list.split(',').map((member) => {
      const [type = '', label = ''] = member.split(' ')
      return { name: label, type }
    })
    const known = structs.get(name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(members)) {
      throw new Error(`${name} has two forms`)
    }
    structs.set(name, members)
  }
}

/** EIP-712 `encodeType`: the struct, then those it refers to, sorted by name. */
function encodeType(name: string, structs: Map<string, Member[]>): string {
  const found = new Set<string>()
  const visit = (struct: string): void => {
    for (const { type } of structs.get(struct) ?? []) {
      const base = type.replace(/\[\]$/, '')
      if (!structs.has(base) || found.has(base)) continue
      found.add(base)
      visit(base)
    }
  }
  visit(name)
  return [name, ...[...found].toSorted()]
    .map(
      (struct) =>
        `${struct}(${structs
          .get(struct)
          ?.map((member) => `${member.type} ${member.name}`)
          .join(',')})`,
    )
    .join('')
}
