/**
 * `@pbstream/widget`: `<pb-connect>`, `<pb-authorize>`, `<pb-usage>` and `<pb-receipt>`. Importing it makes them known to
 * the browser; on a server it does nothing.
 */
import { register } from './Register.ts'

export { PbAuthorize } from './elements/PbAuthorize.ts'
export { PbConnect, type ConnectedDetail } from './elements/PbConnect.ts'
export type { DeclinedDetail, FailedDetail, Theme } from './elements/PbElement.ts'
export { PbReceipt, type VerifiedDetail } from './elements/PbReceipt.ts'
export { PbUsage, type ChangedDetail } from './elements/PbUsage.ts'
export type { Token } from './format/Money.ts'
export type { Granted } from './grant/Grant.ts'
export type { Field, GrantRequest, Span } from './grant/Request.ts'
export type { KeySet, Verdict } from './receipt/Receipt.ts'
export type { AddChain, Eip1193 } from './wallet/Provider.ts'
export type { ElementEvents } from './Events.ts'

register()
