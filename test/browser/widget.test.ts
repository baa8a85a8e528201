// The widget in pages of another origin, without a framework, with React and with Vue: a wallet authorises an agent there,
// and stops it, in the service and on the chain.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { addressOf } from '@pbstream/local/Keys'
import { Chain } from '@pbstream/local/Chain'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildExamples } from '../../sdk/widget/scripts/examples.ts'
import { secret } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

let stack: Stack
let browser: Browser
let folder: string
let site: Server
let origin: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pbstream-widget-'))
  await buildExamples(folder)
  stack = await startStack({ routes: [{ path: '/report' }] })
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ${stack.system.urls.control} ${stack.gateway}`
  site = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    readFile(join(folder, path)).then(
      (body) => {
        const type = TYPES[extname(path)] ?? 'application/octet-stream'
        response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy })
        response.end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening))
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  site?.close()
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.each(['plain', 'react', 'vue'])('on a page with %s', (kind) => {
  test('a wallet authorises an agent, freezes it, lets it go on and revokes it', async () => {
    const wallet = new BrowserWallet({ key: secret(), rpcUrl: stack.chain.rpcUrl })
    const agent = addressOf(secret())
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' })
    await wallet.into(context)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
    const query = new URLSearchParams({
      service: stack.system.urls.control,
      gateway: stack.gateway,
      chain: String(Chain.id),
      payee: addressOf(stack.keys.provider),
      key: agent,
    })
    await page.goto(`${origin}/${kind}/?${query}`)

    const part = (element: string, name: string) => page.locator(`${element} [part~=${name}]`).first()
    await part('pb-authorize', 'open').click()
    await part('pb-authorize', 'wallet').click()
    await part('pb-authorize', 'authorise').click()
    await page.getByText(/^granted sk_/).waitFor()
    expect(await page.locator('output').textContent()).toContain(agent)
    expect(wallet.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'eth_signTypedData_v4'])
    await part('pb-authorize', 'done').click()

    await part('pb-usage', 'status-active').waitFor()
    await part('pb-usage', 'freeze').click()
    await part('pb-usage', 'unfreeze').waitFor()
    await part('pb-usage', 'unfreeze').click()
    await part('pb-usage', 'status-active').waitFor()
    await part('pb-usage', 'revoke').click()
    await part('pb-usage', 'revoke-confirm').click()
    await page.getByText('revoked', { exact: true }).first().waitFor()
    const signed = wallet.asked.slice(2).map(({ params }) => JSON.parse(params[1] as string).primaryType)
    expect(signed).toEqual(['FreezeKey', 'UnfreezeKey', 'RevokeKey'])
    expect(troubles).toEqual([])
  })
})
