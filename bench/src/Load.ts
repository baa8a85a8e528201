/** The load generator: a process of its own, on a core of its own. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './AnswerReader.ts'
import { Connection, assertOk } from './Connection.ts'
import { serve } from './Child.ts'
import { type Lane, requests } from './Lane.ts'
import { SessionRequests } from './SessionLane.ts'

export type Prepare = { url: string; lanes: Lane[] }

export type Run = {
  seconds: number
  /** Requests a second over all lanes; as many as go when left out. */
  rate?: number
}

export type LoadResult = {
  /** Answered within the time; those under way at its end are answered but not counted. */
  answered: number
  seconds: number
  /** Milliseconds, of every answer. */
  latencies: Float64Array
  /** How many requests each lane has sent since it was prepared. */
  sent: number[]
  /** How many requests named a lease. */
  leased: number
  /** The head of each lane's last answer. */
  heads: string[]
  /** Some lane had no requests left before the time was over. */
  exhausted: boolean
  /** The share of its core that this process used. */
  busy: number
}

/** One connection and what it has to send. */
type Prepared = {
  connection: Connection
  requests: Buffer[]
  repeat: boolean
  session?: SessionRequests
  sent: number
  head: string
}

let prepared: Prepared[] = []

async function prepare({ url, lanes }: Prepare): Promise<void> {
  for (const { connection } of prepared) connection.close()
  prepared = []
  for (const lane of lanes) {
    const { payment, session } = lane
    prepared.push({
      connection: await Connection.open(url),
      requests: session === undefined ? requests(lane) : [],
      repeat: payment === undefined,
      ...(session === undefined ? {} : { session: new SessionRequests(session) }),
      sent: 0,
      head: '',
    })
  }
}

/** Every lane sends its next request when the last is answered, or at its time if there is a rate. */
async function run({ seconds, rate }: Run): Promise<LoadResult> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const deadline = started + 1000 * seconds
  const latencies: number[] = []
  let answered = 0
  let ended = deadline
  let stop = false
  const interval = rate === undefined ? 0 : (1000 * prepared.length) / rate

  const drive = async (lane: Prepared, index: number) => {
    for (let turn = 0; !stop; turn++) {
      const due = started + interval * (turn + index / prepared.length)
      if (interval > 0 && due > performance.now()) await delay(due - performance.now())
      const before = performance.now()
      if (before >= deadline) return
      const request = lane.session?.next() ?? lane.requests[lane.repeat ? 0 : lane.sent]
      if (request === undefined) {
        stop = true
        ended = Math.min(ended, before)
        return
      }
      lane.sent++
      const answer = await answered200(lane, request)
      const after = performance.now()
      lane.head = answer.head
      latencies.push(after - before)
      if (after <= ended) answered++
    }
  }

  await Promise.all(prepared.map(drive))
  const used = process.cpuUsage(cpu)
  return {
    answered,
    seconds: (ended - started) / 1000,
    latencies: Float64Array.from(latencies),
    sent: prepared.map(({ sent }) => sent),
    leased: prepared.reduce((sum, { session }) => sum + (session?.leased ?? 0), 0),
    heads: prepared.map(({ head }) => head),
    exhausted: stop,
    busy: (used.user + used.system) / 1000 / (performance.now() - started),
  }
}

/** Sends a request. One whose lease has ended on its way is signed again without it, as callers do. */
async function answered200({ connection, session }: Prepared, request: Buffer): Promise<Answer> {
  let answer = await connection.send(request)
  if (session !== undefined && answer.status === 409 && answer.excerpt.includes('lease_elsewhere')) {
    session.forget()
    answer = await connection.send(session.next())
  }
  assertOk(answer)
  session?.learn(answer.head)
  return answer
}

serve({ prepare, run })
