/** What we compare with: the official server middleware with its in-memory store and its own facilitator, in one process. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Chain } from '@pbstream/local/Chain'
import { x402Facilitator } from '@x402/core/facilitator'
import type { FacilitatorClient } from '@x402/core/server'
import type { Network } from '@x402/core/types'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme as FacilitatorScheme } from '@x402/evm/batch-settlement/facilitator'
import { BatchSettlementEvmScheme as ServerScheme } from '@x402/evm/batch-settlement/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/hono'
import { Hono } from 'hono'
import { type Hex, createWalletClient, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { serve } from './Child.ts'
import { answerBody } from './Origin.ts'

export type HonoOptions = {
  rpcUrl: string
  /** Pays for gas; has to have some. */
  gasKey: Hex
  payTo: Hex
  receiverAuthorizerKey: Hex
  /** Atomic units a call. */
  price: string
}

async function start({ rpcUrl, gasKey, payTo, receiverAuthorizerKey, price }: HonoOptions): Promise<string> {
  const network: Network = `eip155:${Chain.id}`
  const authorizer = privateKeyToAccount(receiverAuthorizerKey)
  const scheme = new ServerScheme(payTo, { receiverAuthorizerSigner: authorizer })
  const server = new x402ResourceServer(facilitator(rpcUrl, gasKey, network)).register(network, scheme)
  const asset = { asset: Chain.addresses.usdc, amount: price, extra: { name: 'USDC', version: '2' } }
  const app = new Hono()
  app.use(
    paymentMiddleware({ 'GET /paid': { accepts: { scheme: scheme.scheme, price: asset, network, payTo } } }, server),
  )
  app.get('/paid', (context) => context.body(answerBody, 200, { 'content-type': 'application/json' }))
  const listener = createServer(getRequestListener(app.fetch))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
}

function facilitator(rpcUrl: string, gasKey: Hex, network: Network): FacilitatorClient {
  const account = privateKeyToAccount(gasKey)
  const client = createWalletClient({ account, chain: baseSepolia, transport: http(rpcUrl), pollingInterval: 50 })
  const wallet = client.extend(publicActions)
  const signer = toFacilitatorEvmSigner({ ...wallet, address: account.address } as Parameters<
    typeof toFacilitatorEvmSigner
  >[0])
  const engine = new x402Facilitator().register(network, new FacilitatorScheme(signer))
  return {
    verify: (payload, requirements) => engine.verify(payload, requirements),
    settle: (payload, requirements) => engine.settle(payload, requirements),
    getSupported: async () => engine.getSupported() as Awaited<ReturnType<FacilitatorClient['getSupported']>>,
  }
}

serve({ start })
