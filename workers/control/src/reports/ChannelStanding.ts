/** How a channel stands: as its session says now, or as it was last projected where the session does not answer. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import type { SessionOperationsApi } from '@pbstream/core/message/Operations'
import {
  type ChannelNumbers,
  parseSessionName,
  type SessionRef,
  type StreamSessionApi,
} from '@pbstream/core/message/Session'
import type { Env } from '../Env.ts'
import { asked } from '../keys/Edge.ts'
import { Refusal } from '../Problem.ts'

type Object = Pick<StreamSessionApi, 'view'> & Pick<SessionOperationsApi, 'standing'>
type Totals = Pick<ChannelNumbers, 'provisional' | 'deposited' | 'returned' | 'spent' | 'claimed' | 'settled' | 'lost'>

/** A row of the projection: decimal strings. */
export type Projected = { id: Hex; session: string } & Record<keyof Totals, string>

export type Standing = {
  id: Hex
  ref: SessionRef
  /** `reserved` is known to the session only. */
  numbers: Totals & { reserved?: bigint }
  /** Neither spent nor held. */
  free?: bigint
  /** In the contract and not recorded for the receiver: what the payer could still get, at most. */
  left: bigint
  config?: ChannelConfig
  /** Unix seconds; 0 when none is pending. */
  withdrawRequestedAt: number
}

export async function standingOf(env: Env, row: Projected): Promise<Standing> {
  const ref = parseSessionName(row.session)
  if (ref === undefined) throw new TypeError('not the name of a session')
  const told = await live(env, ref, row.id)
  const numbers: Standing['numbers'] = told?.numbers ?? totalsOf(row)
  const { provisional, deposited, returned, spent, claimed, lost, reserved } = numbers
  const funds = deposited + provisional - returned
  const free = reserved === undefined ? undefined : atLeastZero(funds - (spent - lost) - reserved)
  return {
    id: row.id,
    ref,
    numbers,
    ...(free === undefined ? {} : { free }),
    left: atLeastZero(funds - claimed),
    ...(told === undefined ? {} : { config: told.config }),
    withdrawRequestedAt: told?.withdrawRequestedAt ?? 0,
  }
}

/** Undefined for a session that does not answer, or does not know the channel. */
async function live(env: Env, ref: SessionRef, id: Hex) {
  try {
    // Asked at once, so that they are of one moment.
    const [numbers, standing] = await asked<[ChannelNumbers | undefined, Told], Object>(env, ref, (object) =>
      Promise.all([object.view(1, id), object.standing(1, id)]),
    )
    if (numbers === undefined || standing === undefined) return undefined
    return { numbers, config: standing.config, withdrawRequestedAt: standing.withdrawRequestedAt }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

type Told = Awaited<ReturnType<SessionOperationsApi['standing']>>

function totalsOf({ provisional, deposited, returned, spent, claimed, settled, lost }: Projected): Totals {
  return {
    provisional: BigInt(provisional),
    deposited: BigInt(deposited),
    returned: BigInt(returned),
    spent: BigInt(spent),
    claimed: BigInt(claimed),
    settled: BigInt(settled),
    lost: BigInt(lost),
  }
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n
}
