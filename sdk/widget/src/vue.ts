/** The elements as Vue components (3.5 or newer): typed properties and events; what a slot holds is passed on. */
import { type DefineSetupFnComponent, defineComponent, h, type ObjectEmitsOptions } from 'vue'
import type { ElementEvents } from './Events.ts'
import type { Theme } from './elements/PbElement.ts'
import type { Token } from './format/Money.ts'
import type { GrantRequest } from './grant/Request.ts'
import type { KeySet } from './receipt/Receipt.ts'
import { register } from './Register.ts'
import type { AddChain, Eip1193 } from './wallet/Provider.ts'

/** Any of them may be left out or undefined, as templates have it. */
type Loose<T> = { [Name in keyof T]?: T[Name] | undefined }
type Common = { provider: Eip1193; theme: Theme; lang: string }
export type ConnectProps = Loose<Common>
export type AuthorizeProps = Loose<Common & { chain: AddChain }> & { service: string; request: GrantRequest }
export type UsageProps = Loose<
  Common & { service: string; grant: string; token: string; gateway: string; every: number }
>
export type ReceiptProps = Loose<Common & { gateway: string; keys: KeySet; token: Token }> & { jws: string }

/** `(event: CustomEvent<…>) => void` by the name of the event. */
type Emits<Tag extends keyof ElementEvents> = {
  [Name in keyof ElementEvents[Tag]]: (event: ElementEvents[Tag][Name]) => void
}
type Component<Props extends Record<string, unknown>, Tag extends keyof ElementEvents> =
  Emits<Tag> extends infer Known extends ObjectEmitsOptions ? DefineSetupFnComponent<Props, Known> : never

register()

/** For `compilerOptions.isCustomElement` of pages that write the elements in their templates. */
export function isCustomElement(tag: string): boolean {
  return tag.startsWith('pb-')
}

export const PbConnect = wrap<ConnectProps, 'pb-connect'>(
  'pb-connect',
  [],
  ['connected', 'disconnected', 'declined', 'failed'],
)
export const PbAuthorize = wrap<AuthorizeProps, 'pb-authorize'>(
  'pb-authorize',
  ['service', 'request', 'chain'],
  ['granted', 'declined', 'failed'],
)
export const PbUsage = wrap<UsageProps, 'pb-usage'>(
  'pb-usage',
  ['service', 'grant', 'token', 'gateway', 'every'],
  ['frozen', 'unfrozen', 'revoked', 'declined', 'failed'],
)
export const PbReceipt = wrap<ReceiptProps, 'pb-receipt'>(
  'pb-receipt',
  ['jws', 'gateway', 'keys', 'token'],
  ['verified'],
)

function wrap<Props extends Record<string, unknown>, Tag extends keyof ElementEvents>(
  tag: Tag,
  own: readonly (keyof Props & string)[],
  events: readonly (keyof ElementEvents[Tag] & string)[],
): Component<Props, Tag> {
  const component = defineComponent(
    (props: Record<string, unknown>, { slots, emit }) => {
      const listeners = events.map((name) => [
        `on${name[0]!.toUpperCase()}${name.slice(1)}`,
        (event: Event) => emit(name, event),
      ])
      return () => h(tag, { ...asProperties(props), ...Object.fromEntries(listeners) }, slots['default']?.())
    },
    { name: tag, props: ['provider', 'theme', 'lang', ...own], emits: [...events] },
  )
  return component as unknown as Component<Props, Tag>
}

/** As properties of the element, but for what is an attribute; nothing of them is in the page of a server. */
function asProperties(props: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(props).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name === 'lang' ? name : `.${name}`, value]))
}
