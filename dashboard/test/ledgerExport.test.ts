import { afterEach, describe, expect, it, vi } from 'vitest'
import { linkOf, type Part, partsOf, readWhole } from '../src/pages/ledger/Export.ts'

const HEADER = 'time,cursor\r\n'

/** Answers by cursor; `'cut'` breaks the answer off. */
function server(answers: Record<string, (string | 'cut')[]>): { part: Part; asked: string[] } {
  const asked: string[] = []
  const part: Part = async (cursor = '') => {
    asked.push(cursor)
    const pieces = answers[cursor] ?? [HEADER]
    return (async function* () {
      for (const piece of pieces) {
        if (piece === 'cut') throw new TypeError('network error')
        yield new TextEncoder().encode(piece)
      }
    })()
  }
  return { part, asked }
}

async function read(part: Part): Promise<{ text: string; total: number; counts: number[] }> {
  const lines: string[] = []
  const counts: number[] = []
  const total = await readWhole(part, { lines: (more) => lines.push(...more), counted: (n) => counts.push(n) })
  return { text: lines.join(''), total, counts }
}

describe('a file that is read whole', () => {
  it('goes on behind the last line until a file has none', async () => {
    const { part, asked } = server({ '': [`${HEADER}1,a\r\n2,b\r\n`], b: [`${HEADER}3,c\r\n`] })
    expect(await read(part)).toMatchObject({ text: `${HEADER}1,a\r\n2,b\r\n3,c\r\n`, total: 3 })
    expect(asked).toEqual(['', 'b', 'c'])
  })

  it('goes on where it was cut off, without a half line', async () => {
    const { part, asked } = server({ '': [`${HEADER}1,a\r\n2,`, 'cut'], a: [`${HEADER}2,b\r\n`] })
    expect((await read(part)).text).toBe(`${HEADER}1,a\r\n2,b\r\n`)
    expect(asked).toEqual(['', 'a', 'b'])
  })

  it('counts lines without headers', async () => {
    const { part } = server({ '': [HEADER, '1,a\r\n'], a: [`${HEADER}2,b\r\n`] })
    expect((await read(part)).counts.at(-1)).toBe(2)
  })

  it('an empty one has its header and no line', async () => {
    expect(await read(server({}).part)).toMatchObject({ text: HEADER, total: 0 })
  })

  it('gives up when nothing comes again and again', async () => {
    await expect(read(server({ '': ['cut'] }).part)).rejects.toMatchObject({ code: 'network' })
  })

  it('a refusal is passed on', async () => {
    const refused = new Error('refused')
    await expect(read(() => Promise.reject(refused))).rejects.toBe(refused)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

it('parts of a file of what the wallet paid are asked for with their filters and the cursor', async () => {
  const asked: string[] = []
  vi.stubGlobal('fetch', async ({ url }: Request) => {
    asked.push(url)
    return new Response('')
  })
  const part = partsOf('payments', { side: 'payer', session: '1:a:b:c' }, new AbortController().signal)
  await part('here')
  const url = new URL(asked[0] ?? '')
  expect([url.pathname, url.search]).toEqual([
    '/v1/exports/payments.csv',
    '?side=payer&session=1%3Aa%3Ab%3Ac&cursor=here',
  ])
})

it('a link has the filters, encoded', () => {
  const link = linkOf('payments', { provider: 'prov_1', since: '2026-11-01T00:00:00.000Z' })
  expect(link).toBe('/v1/exports/payments.csv?provider=prov_1&since=2026-11-01T00%3A00%3A00.000Z')
})
