/** A site of its own origin that shows the example pages, under a policy as strict as a page with the widget can have. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { buildExamples } from '../../scripts/examples.ts'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

export class Site implements AsyncDisposable {
  readonly origin: string
  readonly #folder: string
  readonly #server: Server

  private constructor(folder: string, server: Server) {
    this.#folder = folder
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** @param services the only origins that its pages may talk to. */
  static async start(...services: string[]): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'pbstream-widget-'))
    await buildExamples(folder)
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ${services.join(' ')}`
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://site')
      void answer(response, join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname), policy)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return new Site(folder, server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function answer(response: ServerResponse, path: string, policy: string): Promise<void> {
  const body = await readFile(path).catch(() => undefined)
  if (body === undefined) return void response.writeHead(404).end()
  const type = TYPES[extname(path)] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy }).end(body)
}
