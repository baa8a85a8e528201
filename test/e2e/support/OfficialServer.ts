/** Somebody else's server: the official middleware of x402 with `exact`, paid through a facilitator. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Chain } from '@pbstream/local/Chain'
import { HTTPFacilitatorClient } from '@x402/core/http'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/hono'
import { Hono } from 'hono'

export type OfficialServer = { url: string; stop(): Promise<void> }

export async function startOfficialServer(facilitator: string, payTo: `0x${string}`): Promise<OfficialServer> {
  const network = `eip155:${Chain.id}` as const
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitator })).register(
    network,
    new ExactEvmScheme(),
  )
  const price = { asset: Chain.addresses.usdc, amount: '50000', extra: { name: 'USDC', version: '2' } }
  const app = new Hono()
  app.use(paymentMiddleware({ 'GET /paid': { accepts: { scheme: 'exact', price, network, payTo } } }, server))
  app.get('/paid', (context) => context.json({ ok: true }))
  const listener = createServer(getRequestListener(app.fetch))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    stop() {
      listener.closeAllConnections()
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}
