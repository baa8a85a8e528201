import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { build } from 'esbuild'
import type { Hex } from 'viem'
import { root } from './Bundle.ts'
import { Chain } from './Chain.ts'

/**
 * The gateway as a browser with a wallet sees it: everything is passed through, and the demo wallet is put into the
 * gateway's pages. Local only.
 */
export class WalletSite {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** @param key private key of the demo wallet; every visitor of the page can read it. */
  static async start(gatewayUrl: string, key: Hex, port = 0): Promise<WalletSite> {
    const script = await bundleWallet(key)
    const server = createServer((request, response) => {
      pass(gatewayUrl, script, request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return new WalletSite(server)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

async function bundleWallet(key: Hex): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'local/src/DemoWallet.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    define: { demoWalletKey: JSON.stringify(key), demoWalletChainId: String(Chain.id) },
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild made no demo wallet')
  return file.text.replaceAll('</script', '<\\/script')
}

async function pass(gatewayUrl: string, script: string, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (name !== 'host' && name !== 'connection' && name !== 'content-length' && typeof value === 'string')
      headers.set(name, value)
  }
  const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }
  const method = request.method ?? 'GET'
  const answer = await fetch(gatewayUrl + (request.url ?? '/'), { method, headers, redirect: 'manual', ...body })
  const answerHeaders = Object.fromEntries(
    [...answer.headers].filter(
      ([name]) => !['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(name),
    ),
  )
  response.writeHead(answer.status, answerHeaders)
  if (answer.headers.get('content-type')?.startsWith('text/html') === true) {
    const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? ''
    const html = await answer.text()
    response.end(html.replace(/<head[^>]*>/i, (head) => `${head}<script nonce="${nonce}">${script}</script>`))
  } else if (answer.body === null) {
    response.end()
  } else {
    await pipeline(Readable.fromWeb(answer.body as unknown as ReadableStream), response)
  }
}
