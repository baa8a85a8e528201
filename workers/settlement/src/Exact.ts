/** x402 `exact`: one EIP-3009 transfer, submitted once however often it is asked for. */
import { hashWords } from '@pbstream/core/Eip712'
import { type Address, fromBytes } from '@pbstream/core/Hex'
import type { ExactOrder, SettlementApi, SubmitReply } from '@pbstream/core/message/Settlement'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import type { Purpose } from '@pbstream/nonce-lane/Order'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import type { Chain, Deps } from './Deps.ts'
import { submit, transactionOf } from './Submit.ts'

type Checked = { ok: true } | ({ ok: false } & Check.Problem)

/** Whether the transfer would go through now. Changes nothing. */
export async function checkExact(
  deps: Deps,
  order: Parameters<SettlementApi['checkExact']>[0],
  signer: Address = deps.keys.gas.address,
): Promise<Checked> {
  const chain = deps.chain(order.chainId)
  if (chain === undefined) return { ok: false, code: 'network_mismatch' }
  const problem = refusal(deps, chain, order)
  if (problem !== undefined) return { ok: false, ...problem }
  try {
    const simulated = await chain.rpc.call({
      from: signer,
      to: chain.token,
      data: calldata(order),
      gas: Contract.MAX_TRANSFER_GAS,
    })
    if (simulated.kind === 'returned') return await coversBeside(chain, order)
    return { ok: false, ...(await Check.whyNoTransfer(chain, order.authorization)) }
  } catch (error) {
    if (error instanceof RpcUnavailable) return { ok: false, code: 'temporarily_unavailable' }
    throw error
  }
}

/** Whether the balance also pays for what else is open; a simulation sees one transfer at a time. */
async function coversBeside(
  chain: Chain,
  { authorization, beside = 0n }: Parameters<SettlementApi['checkExact']>[0],
): Promise<Checked> {
  if (beside === 0n) return { ok: true }
  const balance = await Contract.balanceOf(chain.rpc, chain.token, authorization.from)
  return balance >= authorization.value + beside ? { ok: true } : { ok: false, code: 'insufficient_funds' }
}

/** Submits the transfer; the same authorisation joins the transaction that is under way. */
export async function exact(
  deps: Deps,
  order: ExactOrder,
  by: { signer: Address; purpose: Purpose } = { signer: deps.keys.gas.address, purpose: 'exact' },
): Promise<SubmitReply> {
  const chain = deps.chain(order.chainId)
  if (chain === undefined) return { kind: 'failed', code: 'network_mismatch' }
  const { authorization } = order
  if (order.token !== chain.token) return { kind: 'failed', code: 'token_mismatch' }
  const outcome = await submit(
    deps,
    chain,
    {
      chainId: chain.chainId,
      signer: by.signer,
      id: itemId(order),
      purpose: by.purpose,
      to: chain.token,
      data: calldata(order),
      acks: [],
      keys: [],
      maxGas: Contract.MAX_TRANSFER_GAS,
      channels: 0,
      amount: authorization.value,
    },
    { ms: order.waitMs, again: true },
  )
  switch (outcome.kind) {
    case 'mined':
      return outcome
    case 'pending':
      return { kind: 'pending', transaction: outcome.transaction ?? '0x' }
    case 'reverted':
      return { kind: 'failed', code: 'transaction_reverted', detail: outcome.error, ...transactionOf(outcome) }
    case 'by_another':
      return { kind: 'failed', code: 'transaction_reverted' }
    case 'would_revert': {
      const problem = refusal(deps, chain, order) ?? (await Check.whyNoTransfer(chain, authorization))
      return { kind: 'failed', ...problem }
    }
    case 'unavailable':
      return { kind: 'failed', code: 'temporarily_unavailable', detail: outcome.message }
  }
}

/** One item an authorisation. Hashed: ids are logged, and name nobody. */
function itemId({ token, authorization }: ExactOrder): string {
  return `exact:${fromBytes(hashWords(token, authorization.from, authorization.nonce))}`
}

function calldata({ authorization }: Pick<ExactOrder, 'authorization'>) {
  const signature = Check.forContract(authorization.signature)
  return Contract.transferWithAuthorization({ ...authorization, signature })
}

function refusal(deps: Deps, chain: Chain, order: Omit<ExactOrder, 'waitMs'>): Check.Problem | undefined {
  if (order.token !== chain.token) return { code: 'token_mismatch' }
  const untimely = Check.times(order.authorization, deps.now())
  if (untimely === undefined) return undefined
  return { code: untimely === 'early' ? 'exact_valid_after' : 'exact_valid_before' }
}
