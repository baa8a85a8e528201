/** What a provider's own server sells under a name, as the paywall sees a route. */
import type { Mode } from '@pbstream/db/Mode'
import type * as Rate from '@pbstream/core/Rate'
import { audience } from '@pbstream/core/PaymentToken'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { KeyProvider, ProviderKey } from '@pbstream/db/ProviderKeys'
import type { Gateway } from '../Call.ts'
import type { Ask } from './Ask.ts'

/** Whatever the catalog says: these prices are the server's. */
const OWN_PRICES = 0

/**
 * A route of the provider's catalog by its id, or one that is nowhere but in this call. Undefined: it is switched off.
 * No id of the catalog has a slash, so no label passes for one.
 */
export function routeFor(
  { gateway, snapshot }: Pick<Ask, 'gateway' | 'snapshot'>,
  { mode }: ProviderKey,
  provider: KeyProvider,
  name: string,
  price: bigint,
): (CatalogRoute & { rate: { version: number; rule: Rate.Card } }) | undefined {
  const known = snapshot.routes.find((each) => each.id === name && each.providerId === provider.id)
  if (!provider.enabled || known?.enabled === false) return undefined
  const chainIds = chainsOf(gateway, mode)
  const id = known?.id ?? audience(provider.id, name)
  return {
    id,
    providerId: provider.id,
    providerName: provider.name,
    methods: ['*'],
    path: known?.path ?? '/',
    origin: { kind: 'zone' },
    payTo: provider.payTo,
    chainIds: known === undefined ? chainIds : known.chainIds.filter((each) => chainIds.includes(each)),
    // At most the price, and as much of it as the server says in the end.
    rate: {
      version: OWN_PRICES,
      rule: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '1', per: '1', max: price.toString() },
    },
    coming: [],
    bodyPriced: false,
    maxBodyBytes: 0,
    chargeOnAbandon: true,
    credential: null,
    enabled: true,
    audience: known?.audience ?? id,
    revision: known?.revision ?? 0,
    adapter: null,
    withdrawDelay: provider.withdrawDelay,
    settle: provider.settle,
  }
}

/** A test key reaches test chains only, a live one others only. A chain that does not say which it is belongs to neither. */
export function chainsOf({ chains }: Gateway, mode: Mode): number[] {
  return [...chains.values()].filter(({ testnet }) => testnet === (mode === 'test')).map(({ chainId }) => chainId)
}
