/** The events of each element and what is in them. They do not bubble: listen at the element. */
import type { PbAuthorize } from './elements/PbAuthorize.ts'
import type { ConnectedDetail, PbConnect } from './elements/PbConnect.ts'
import type { DeclinedDetail, FailedDetail } from './elements/PbElement.ts'
import type { PbReceipt, VerifiedDetail } from './elements/PbReceipt.ts'
import type { ChangedDetail, PbUsage } from './elements/PbUsage.ts'
import type { Granted } from './grant/Grant.ts'

type Failing = { failed: CustomEvent<FailedDetail>; declined: CustomEvent<DeclinedDetail> }

export type ElementEvents = {
  'pb-connect': Failing & { connected: CustomEvent<ConnectedDetail>; disconnected: CustomEvent<null> }
  'pb-authorize': Failing & { granted: CustomEvent<Granted> }
  'pb-usage': Failing & {
    frozen: CustomEvent<ChangedDetail>
    unfrozen: CustomEvent<ChangedDetail>
    revoked: CustomEvent<ChangedDetail>
  }
  'pb-receipt': { verified: CustomEvent<VerifiedDetail> }
}

declare global {
  interface HTMLElementTagNameMap {
    'pb-connect': PbConnect
    'pb-authorize': PbAuthorize
    'pb-usage': PbUsage
    'pb-receipt': PbReceipt
  }
}
