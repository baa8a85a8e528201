import { toClientEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { type Hex, createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

export type PayerOptions = {
  rpcUrl: string
  /** The wallet's key: it signs deposits, and vouchers too when there is no session key. */
  key: Hex
  /** Signs vouchers in the wallet's stead. */
  sessionKey?: Hex
  /** 32 bytes; another salt is another channel. */
  salt?: Hex
  /** Which scheme to pay with; the client knows no other then. */
  scheme?: 'batch-settlement' | 'exact'
  /** What to deposit, in atomic units; the client's own choice when left out. */
  deposit?: bigint
  /** What carries the requests; the global `fetch` when left out. */
  fetch?: typeof fetch
}

/** A caller that pays with the official x402 client, unchanged. */
export type Payer = {
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** The official channel scheme, to ask for refunds and to look at its state. */
  channels: BatchSettlementEvmScheme
}

export function createPayer(options: PayerOptions): Payer {
  const account = privateKeyToAccount(options.key)
  const publicClient = createPublicClient({ transport: http(options.rpcUrl) })
  const signer = toClientEvmSigner(account, publicClient)
  const channels = new BatchSettlementEvmScheme(signer, {
    ...(options.sessionKey === undefined
      ? {}
      : { voucherSigner: toClientEvmSigner(privateKeyToAccount(options.sessionKey), publicClient) }),
    ...(options.salt === undefined ? {} : { salt: options.salt }),
    ...(options.deposit === undefined ? {} : { depositStrategy: () => options.deposit }),
  })
  const client = new x402Client()
  if (options.scheme !== 'exact') client.register('eip155:*', channels)
  if (options.scheme !== 'batch-settlement') client.register('eip155:*', new ExactEvmScheme(signer))
  return { fetch: wrapFetchWithPayment(options.fetch ?? fetch, client), channels }
}

/** What an answer's `PAYMENT-RESPONSE` says was charged, in atomic units; undefined when it has none. */
export function chargeOf(response: Response): { amount: bigint; total: bigint; transaction: string } | undefined {
  const header = response.headers.get('PAYMENT-RESPONSE')
  if (header === null) return undefined
  const { transaction, amount, extra } = decodePaymentResponseHeader(header)
  const state = extra?.channelState as { chargedCumulativeAmount?: string } | undefined
  const charged = extra?.chargedAmount as string | undefined
  return {
    amount: BigInt(charged ?? amount ?? '0'),
    total: BigInt(state?.chargedCumulativeAmount ?? charged ?? amount ?? '0'),
    transaction,
  }
}
