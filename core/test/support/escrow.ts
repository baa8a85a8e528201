/** An escrow, a permission and channels that tests and vectors share. Its address is made up. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as payment from './payment.ts'

const { CHAIN_ID, payer, session, terms } = payment

export const CONTRACT: Hex = `0x${'5c'.repeat(20)}`
export const RECEIVER: Hex = `0x${'ca'.repeat(20)}`
export const FREEZER: Hex = `0x${'f2'.repeat(20)}`

export const separator = Voucher.escrowDomainSeparator(CHAIN_ID, CONTRACT)

/** 50 USDC in 30 days for one payee, 5 USDC a day, at most 0.10 USDC a payment. */
export const permission: SessionKey.Permission = {
  account: payer.address,
  key: session.address,
  token: terms.token,
  payees: [RECEIVER],
  spendCap: 50_000_000n,
  periodAmount: 5_000_000n,
  periodDuration: 86_400,
  perPaymentMax: 100_000n,
  start: 1_800_000_000,
  expiry: 1_802_592_000,
  freezer: FREEZER,
  salt: `0x${'00'.repeat(32)}`,
}

export const keyId = SessionKey.keyId(permission, separator)
/** A channel that no key governs, and the one that this key does. */
export const config: ChannelConfig = { ...payment.config, receiver: RECEIVER }
export const governed: ChannelConfig = { ...config, salt: keyId }
