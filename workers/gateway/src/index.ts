/** The gateway Worker: every request of a caller comes in here. It also hosts the objects that order payments. */
import { open } from '@pbstream/db/Database'
import type { Load } from './Catalog.ts'
import { type Env, ports } from './Env.ts'
import { assemble } from './Gateway.ts'
import type { Gateway } from './Call.ts'
import { handle } from './Handler.ts'
import { recover } from './Wasm.ts'

export { ExactClaim } from '@pbstream/exact-claim/ExactClaim'
export { StreamSession } from '@pbstream/stream-session/StreamSession'

/** One gateway an isolate: keys imported, chains read, the catalog cached. */
let assembled: Promise<Gateway> | undefined

function gatewayOf(env: Env): Promise<Gateway> {
  assembled ??= assemble(env, ports, recover, () => open(env)).catch((error: unknown) => {
    assembled = undefined
    throw error
  })
  return assembled
}

export default {
  fetch(request, env, ctx): Promise<Response> {
    const load: Load = async (known, keep) => (await gatewayOf(env)).cache.tiers.load(() => open(env), known, keep)
    return handle(request, { gateway: () => gatewayOf(env), load, random: ports.random }, (work) => ctx.waitUntil(work))
  },
} satisfies ExportedHandler<Env>
