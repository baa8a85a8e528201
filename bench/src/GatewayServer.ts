/** PB-Stream as it is deployed, every Worker in one workerd, in front of an upstream that costs next to nothing. */
import { type RateRule, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import type { Bundle, WorkerName } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { type Keys, addressOf } from '@pbstream/local/Keys'
import { System } from '@pbstream/local/System'
import { serve } from './Child.ts'
import { originScript } from './Origin.ts'
import { settleVars } from './Settings.ts'

export type GatewayOptions = {
  rpcUrl: string
  keys: Keys
  bundles: Record<WorkerName, Bundle>
  /** Where objects and databases are: on a disk, or durable would not mean it. */
  directory: string
  /** Atomic units a call of a paid route. */
  price: string
}

let system: System | undefined

const paths = ['/free', '/free/sse', '/free/chunks', '/paid', '/paid/sse', '/paid/strict', '/paid/chunks']
paths.push('/metered/sse', '/metered/chunks')

/** By tokens, at most what the other routes cost. */
function byTokens(maximum: string): RateRule {
  const price = { model: 'per_unit', amount: '1', per: '1000' } as const
  return { v: 2, kind: 'card', components: [{ unit: 'output_token', price }], maximum }
}

async function start({ price, ...options }: GatewayOptions): Promise<string> {
  system = await System.start({
    ...options,
    vars: settleVars,
    upstreams: { UPSTREAM_BENCH: originScript },
    onLog: note,
  })
  const { database } = system
  const by = { actor: 'bench', at: Date.now() }
  await upsertProvider(database, { id: 'bench', name: 'Benchmark', payTo: addressOf(options.keys.provider) }, by)
  for (const path of paths) {
    const isMetered = path.startsWith('/metered')
    const paid = isMetered || path.startsWith('/paid')
    await upsertRoute(
      database,
      {
        id: path.slice(1).replace('/', '-'),
        providerId: 'bench',
        path,
        origin: { kind: 'service', binding: 'UPSTREAM_BENCH' },
        chainIds: paid ? [Chain.id] : [],
        adapter: isMetered ? 'openai' : null,
        rate: isMetered ? byTokens(price) : paid ? { v: 1, kind: 'flat', amount: price } : null,
      },
      by,
    )
  }
  return system.urls.gateway
}

/** What the Workers printed, by its kind: shown once each. */
const seen = new Set<string>()

function note(line: string): void {
  const kind = line.replaceAll(/[0-9a-f]{8,}|\d+/g, '…')
  if (seen.has(kind)) return
  seen.add(kind)
  console.log(`[gateway] ${line}`)
}

serve({ start }, async () => system?.stop())
