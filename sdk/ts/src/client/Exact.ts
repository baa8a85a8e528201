/** x402 `exact`: one EIP-3009 transfer of exactly the price, for one request. */
import { lower } from '@pbstream/core/Hex'
import type { PaymentRequired } from '@pbstream/core/Challenge'
import type { Hex } from '@pbstream/core/Hex'
import type { Context } from './Context.ts'
import { tokenOf } from './Deposit.ts'
import type { Choice } from './Offers.ts'
import type { Outgoing } from './Outgoing.ts'
import { randomHex } from './Wallet.ts'
import { attempt, header, sendPaid } from './X402.ts'

const SKEW_SECONDS = 600

/**
 * Pays and sends. The authorisation moves money once, however often it is sent.
 *
 * @throws {BudgetExceededError}
 */
export async function payExact(
  context: Context,
  outgoing: Outgoing,
  required: PaymentRequired,
  { offer, price }: Choice,
): Promise<Response> {
  const { wallet, budget, pins, clock } = context
  const { network, asset, payTo } = offer
  const { chainId } = pins.of(offer)
  const url = outgoing.url.href
  const { host } = outgoing.url
  await budget.check(host, price)
  await context.confirm({ mode: 'exact', url, network, asset, payTo, price, amount: price })
  await budget.spend(host, price)
  const order = {
    from: wallet.address,
    to: lower(payTo as Hex),
    value: price,
    validAfter: BigInt(clock.now() - SKEW_SECONDS),
    validBefore: BigInt(clock.now() + offer.maxTimeoutSeconds),
    nonce: randomHex(32),
  }
  const signature = await wallet.authorize('TransferWithAuthorization', tokenOf(offer, chainId), order)
  const { from, to, nonce } = order
  const authorization = {
    ...{ from, to, nonce },
    value: order.value.toString(),
    validAfter: order.validAfter.toString(),
    validBefore: order.validBefore.toString(),
  }
  const paid = attempt(outgoing, required, offer)
  return sendPaid(context, outgoing, header(outgoing, paid, { signature, authorization }), {
    id: paid.id,
    isOnce: true,
  })
}
