/** ③ settlement: the only Worker with chain keys. Queue consumers, the gateway's entrypoint, the facilitator. */
import * as Claims from './Claims.ts'
import * as DeadLetters from './DeadLetters.ts'
import { deps } from './Deps.ts'
import { amountOf, type Env } from './Env.ts'
import { facilitator } from './facilitator/App.ts'
import { watchdog } from './Watch.ts'

export { DeadLetters } from './DeadLetters.ts'
export { Settlement } from './Entrypoint.ts'
export { KeyRelay } from './KeyRelay.ts'
export { NonceLane } from './Lanes.ts'
export { Operations } from './Operations.ts'
export { ChainWatcher } from './Watch.ts'

const DEAD_LETTERS = 'pbstream-claims-dlq'

export default {
  fetch: (request, env) => facilitator.fetch(request, env),

  scheduled: (_event, env) => watchdog(env),

  async queue(batch, env) {
    if (batch.queue === DEAD_LETTERS) await DeadLetters.consume(deps(env), DeadLetters.lettersOf(env), batch.messages)
    else await Claims.consume(deps(env), batch.messages, { minAmount: amountOf(env.CLAIM_MIN_AMOUNT, 0n) })
  },
} satisfies ExportedHandler<Env, unknown>
