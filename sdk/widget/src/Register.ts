/** Makes the elements known to the browser; on a server there is nothing to do. A name that is taken stays. */
import { PbAuthorize } from './elements/PbAuthorize.ts'
import { PbConnect } from './elements/PbConnect.ts'
import { PbReceipt } from './elements/PbReceipt.ts'
import { PbUsage } from './elements/PbUsage.ts'

export const ELEMENTS = {
  'pb-connect': PbConnect,
  'pb-authorize': PbAuthorize,
  'pb-usage': PbUsage,
  'pb-receipt': PbReceipt,
} as const

export function register(): void {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    // Makes the properties: by them wrappers know what is no attribute, on servers too, where nothing is defined.
    void element.observedAttributes
    // Servers may have a stand-in for the registry, but no document.
    if (typeof document === 'undefined' || customElements.get(name) !== undefined) continue
    customElements.define(name, element)
  }
}
