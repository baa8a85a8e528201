import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Rental, rental } from '@pbstream/sdk/server'

const { PB_GATEWAY_URL = '', PB_SECRET_KEY = '', PB_ROUTE = '', PORT = '3000' } = process.env
const rentals = rental({ gateway: PB_GATEWAY_URL, apiKey: PB_SECRET_KEY })

/** What is rented out now, by the name that its renter was given. */
const machines = new Map<string, Rental>()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const [, name = '', what] = url.split('/').slice(1)
  const machine = machines.get(name)
  if (machine !== undefined) {
    if (what === 'pause') await machine.pause()
    if (what === 'resume') await machine.resume()
    const { kind, amount } = what === 'stop' ? await machine.stop() : machine.state
    response.end(JSON.stringify({ kind, cost: String(amount) }))
    return
  }
  const verdict = await rentals.start({ route: PB_ROUTE, method, url: `http://${headers.host}${url}`, headers })
  if (verdict.kind === 'response') {
    response.writeHead(verdict.status, verdict.headers).end(verdict.body)
    return
  }
  const fresh = crypto.randomUUID()
  machines.set(fresh, verdict.rental)
  // Whoever ends it, its renter or an empty purse: the machine is free again.
  void verdict.rental.ended.then(({ reason }) => console.log(`${fresh} is free: ${reason}`))
  response.writeHead(200, verdict.headers).end(JSON.stringify({ machine: fresh }))
}

const server = createServer((request, response) => {
  // Nothing is rented out that could not be billed.
  answer(request, response).catch(() => response.writeHead(503).end())
})
server.listen(Number(PORT), () => {
  console.log(`listening on http://localhost:${(server.address() as { port: number }).port}`)
})
