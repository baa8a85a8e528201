/** Events of the money path: rows, and what their owners are told of them, in one step. */
import type { PbEvent } from '@pbstream/core/message/Event'
import type { Database } from '@pbstream/db/Database'
import { project } from '@pbstream/db/Projection'
import { type Chain, chains } from '../api/Chains.ts'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { announce } from './Announce.ts'

/** Of a chain that is not configured, nobody is told. Rows are written whatever the configuration says. */
export async function projectAndTell(env: Env, database: Database, events: readonly PbEvent[]): Promise<void> {
  const known = configured(env)
  const modeOf = (chainId: number) => {
    const chain = known.find((each) => each.chainId === chainId)
    return chain === undefined ? undefined : chain.testnet ? 'test' : 'live'
  }
  const told = await project(database, events, known.length === 0 ? undefined : modeOf)
  if (told > 0) await announce(env, database)
}

function configured(env: Env): Chain[] {
  try {
    return chains(env)
  } catch (error) {
    log('chains_invalid', { error: error instanceof TypeError ? error.message : 'CHAINS cannot be read' })
    return []
  }
}
