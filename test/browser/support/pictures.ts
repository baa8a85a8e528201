/** Where pictures of pages go: a folder that is not kept, or that of the docs (`npm run pictures`). */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@pbstream/local/Bundle'

export const pictures = process.env.PBSTREAM_PICTURES ?? join(root, '.wrangler', 'screenshots')
mkdirSync(pictures, { recursive: true })
