/** What the package exports, and what comes with it. */
import { join } from 'node:path'

export const SOURCE = join(import.meta.dirname, '../src')

/** Subpath exports by their source. */
export const ENTRIES = { '.': 'index', './react': 'react', './vue': 'vue' } as const

/** What is installed with the package: shared with whatever else uses it in the page. */
export const DEPENDENCIES = ['@lit/react', 'lit', 'mipd'] as const

/** Frameworks that the user of an entry has. */
export const PEERS: Readonly<Record<string, string>> = { react: '>=18', vue: '^3.5.0' }

/** What is not bundled into modules. */
export const EXTERNAL = [...DEPENDENCIES, ...Object.keys(PEERS)].flatMap((name) => [name, `${name}/*`])
