/** What strangers write never becomes markup, a script or an address: links, pictures, and nothing that writes HTML. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentChild, VNode } from 'preact'
import { afterEach, describe, expect, test } from 'vitest'
import { transactionUrl } from '../src/Chains.ts'
import { linkOf } from '../src/pages/ledger/Export.ts'
import { Link, pathOf } from '../src/Router.ts'
import { TxLink } from '../src/ui/TxLink.tsx'
import { type Wallet, wallets } from '../src/Wallet.ts'
import { WalletList } from '../src/WalletChooser.tsx'

const HOSTILE = [
  'javascript:alert(1)',
  '//evil.example/x',
  'https://evil.example/',
  '../../../../evil',
  '"><img src=x onerror=alert(1)>',
  '?next=https://evil.example#x',
  '\\\\evil.example',
]

/** The elements of this name in what a component draws; components in it are not drawn. */
function elements(drawn: ComponentChild, name: string): Record<string, unknown>[] {
  if (Array.isArray(drawn)) return drawn.flatMap((each: ComponentChild) => elements(each, name))
  if (typeof drawn !== 'object' || drawn === null || !('type' in drawn)) return []
  const { type, props } = drawn as VNode<Record<string, unknown>>
  const inside = elements(props['children'] as ComponentChild, name)
  return type === name ? [props, ...inside] : inside
}

afterEach(() => {
  wallets.value = []
})

describe('an address', () => {
  test.each(HOSTILE)('of a transaction stays at the explorer of its chain: %s', (hash) => {
    expect(new URL(transactionUrl(hash, 8453)!).origin).toBe('https://basescan.org')
    expect(new URL(transactionUrl(hash, 8453)!).search).toBe('')
    const [link] = elements(TxLink({ hash, chainId: 8453 }), 'a')
    expect(link).toMatchObject({ rel: 'noreferrer noopener' })
    expect(link?.['href']).toBe(transactionUrl(hash, 8453))
    expect(elements(TxLink({ hash, chainId: 31_337 }), 'a')).toEqual([])
  })

  test.each(HOSTILE)('of a page stays in the dashboard: %s', (id) => {
    const [link] = elements(Link({ to: pathOf('/keys/:id', { id }), children: id }), 'a')
    const url = new URL(String(link?.['href']), 'https://control.example')
    expect([url.origin, url.pathname.split('/').length, url.search, url.hash]).toEqual([
      'https://control.example',
      4,
      '',
      '',
    ])
    expect(link?.['children']).toBe(id)
  })

  test.each(HOSTILE)('of a file is one of the API: %s', (text) => {
    const url = new URL(linkOf('payments', { provider: text, since: text }), 'https://control.example')
    expect([url.origin, url.pathname, url.hash]).toEqual(['https://control.example', '/v1/exports/payments.csv', ''])
    expect(url.searchParams.get('provider')).toBe(text)
  })
})

test('the icon of a wallet is shown only if showing it asks nobody', () => {
  const icons = ['data:image/png;base64,AA', 'https://wallet.example/a.png', 'data:text/html,x', HOSTILE[0], undefined]
  const provider = { request: () => Promise.resolve() }
  wallets.value = icons.map((icon, i) => ({ uuid: `${i}`, name: '<b>x</b>', icon, provider })) as unknown as Wallet[]
  const drawn = WalletList({ onChoose: () => undefined })
  expect(elements(drawn, 'button')).toHaveLength(icons.length)
  expect(elements(drawn, 'img').map(({ src }) => src)).toEqual(['data:image/png;base64,AA'])
})

describe('in the sources', () => {
  const folder = join(import.meta.dirname, '../src')
  const files = globSync('**/*.{ts,tsx}', { cwd: folder }).filter((path) => !path.endsWith('.d.ts'))
  const lines = files.flatMap((path) => readFileSync(join(folder, path), 'utf8').split('\n'))

  test('nothing writes markup or runs text', () => {
    const ways =
      /dangerouslySetInnerHTML|(?:inner|outer)HTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function/
    expect(files.length).toBeGreaterThan(100)
    expect(lines.filter((line) => ways.test(line))).toEqual([])
  })

  test('every address that is put together is one of those above', () => {
    const made = lines.flatMap((line) => [...line.matchAll(/\b(?:href|src)=\{([^}]*)\}/g)].map(([, what]) => what))
    expect(made.toSorted()).toEqual(["linkOf('payments', query)", 'url', 'wallet.icon'])
  })
})
