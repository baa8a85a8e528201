import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import type { StreamSession } from '../src/StreamSession.ts'
import { type Faults, Model, sessionHistories } from './Model.ts'

const namespace = (env as unknown as { STREAM_SESSION: DurableObjectNamespace<StreamSession> }).STREAM_SESSION

/** Histories with another seed each time (`SESSION_RUNS`). */
const RUNS = inject('sessionRuns' as never) as number

/** A check that nothing reaches proves nothing. */
const mustReach = [
  ...['granted', 'deposit', 'corrective', 'unknown_channel', 'in_flight', 'duplicate', 'replay', 'request_id_mismatch'],
  ...['channel_closing', 'withdrawal_pending', 'granted after being parked', 'corrective after being parked'],
  ...['post true', 'post false', 'void true', 'mark true', 'claim age first', 'claim age again', 'claim close first'],
  ...['journal charge from escrow', 'journal settle from claimed', 'journal refund from escrow'],
  ...['journal deposit from provisional', 'journal loss from provisional', 'journal loss from earned'],
  ...[
    'session opened',
    'session deposit',
    'session corrective',
    'session unknown_channel',
    'raise opened',
    'end false',
  ],
  ...['open session_nonce_used', 'open session_nonce_invalid', 'open channel_closing', 'raise refused', 'end true'],
  ...['pay granted', 'pay short', 'pay duplicate', 'pay in_flight', 'pay session_ended', 'pay lease_elsewhere'],
  ...['pay request_id_mismatch', 'pay session_key_frozen', 'pay session_key_period_limit', 'pay withdrawal_pending'],
  ...[
    'lease',
    'lease report open',
    'lease report ended',
    'lease report too late',
    'lease report again',
    'lease renewed',
  ],
  ...['lease request kept', 'lease rest released', 'refund session_leases_out', 'freezing'],
  ...['grow whole', 'grow a part', 'grow without a session', 'grow after its session', 'grow nothing'],
  ...['grow session_ended', 'grow session_key_period_limit', 'grow session_key_spend_cap', 'grow withdrawal_pending'],
  ...['grow session_key_payment_max', 'time resume true', 'time beat true', 'time beat false', 'time pause true'],
  ...['time stop true', 'time resume false', 'time too late', 'counted', 'journal charge of nothing'],
  ...['mark withdrawal_pending', 'mark session_key_stopped', 'time withdrawal_pending'],
  ...['session_key_stopped', 'drained whole', 'drained with a loss', 'policy true', 'policy false'],
  ...['frozen', 'revoked', 'not_started', 'expired', 'payee', 'route', 'payment_max', 'spend_cap', 'period_limit'].map(
    (limit) => `session_key_${limit}`,
  ),
  // Rarer outcomes of rules are those of `Sentinel.test.ts` and of the simulator.
  ...['pay sentinel_blocked', 'sentinel_blocked', 'granted within a limit', 'remembered key'],
  'remembered provider:provider',
]

/** Without a seed every run tries other histories; a failure prints the seed. */
const check = (name: string, runs: number, seed?: number, faults: Faults = {}, shrinks = true): Promise<void> =>
  runInDurableObject(namespace.getByName(name), (_, state) => {
    fc.assert(
      fc.property(sessionHistories, (history) => new Model(state.storage, faults).run(history)),
      { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: !shrinks },
    )
  })

describe('random histories with repeats, reordering, expiry, failing commits and crashes', () => {
  test(
    'keep every invariant, answer every call once, and a restart changes nothing',
    async () => {
      await check('histories', 250, 7)
      await check('histories', RUNS)
      expect(mustReach.filter((what) => (Model.reached.get(what) ?? 0) === 0)).toEqual([])
    },
    180_000 + RUNS * 500,
  )

  const bugs: Record<string, Faults> = {
    'request ids are forgotten': {
      reader: (reader) => ({
        request: () => undefined,
        answer: (id) => reader.answer(id),
        nonce: (nonce) => reader.nonce(nonce),
        decision: (number) => reader.decision(number),
        memory: reader.memory,
      }),
    },
    'nonces are forgotten': {
      reader: (reader) => ({
        request: (id) => reader.request(id),
        answer: (id) => reader.answer(id),
        nonce: () => undefined,
        decision: (number) => reader.decision(number),
        memory: reader.memory,
      }),
    },
    'a lease is not written': { write: (changes) => ({ ...changes, leases: [] }) },
    'the end of a lease is not written': {
      write: (changes) => ({ ...changes, leases: changes.leases.filter(({ after }) => after !== undefined) }),
    },
    'the epoch of a channel is not written': {
      write: (changes) => ({
        ...changes,
        channels: changes.channels.map(({ after, ...row }) => {
          return { ...row, after: after === undefined ? after : { ...after, epoch: 1 } }
        }),
      }),
    },
    'the end of a reservation is not written': {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.filter(({ after }) => after !== undefined),
      }),
    },
    'a policy is not written': { write: (changes) => ({ ...changes, policy: undefined }) },
    'the window of a reservation is not written': {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.map(({ after, ...row }) => {
          return { ...row, after: after === undefined ? after : { ...after, period: undefined } }
        }),
      }),
    },
    'a frozen key pays': {
      book: (book) => {
        const { setPolicy } = book
        book.setPolicy = (session, policy, now) => setPolicy.call(book, session, { ...policy, status: 'active' }, now)
      },
    },
    'what a hold has grown by is not written': {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.map(({ before, after, ...row }) => {
          return { ...row, before, after: before && after ? { ...after, hold: before.hold } : after }
        }),
      }),
    },
    'what was counted is not written': { write: (changes) => ({ ...changes, counts: [] }) },
    'what is counted of a reservation is not written': {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.map(({ after, ...row }) => {
          return { ...row, after: after === undefined ? after : { ...after, metered: undefined } }
        }),
      }),
    },
    'a log row of Sentinel is lost': {
      write: (changes) => ({ ...changes, memory: changes.memory.filter(({ kind }) => kind !== 'log') }),
    },
    'a stop is not written': { write: (changes) => ({ ...changes, stops: [] }) },
    'a decision is not written': { write: (changes) => ({ ...changes, decisions: [] }) },
    'a set is not written': { write: (changes) => ({ ...changes, sets: [] }) },
    'what is counted of a call is not written': {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.map(({ after, ...row }) => {
          return { ...row, after: after === undefined ? after : { ...after, asked: undefined } }
        }),
      }),
    },
    'a journal row is lost': { write: (changes) => ({ ...changes, journal: changes.journal.slice(1) }) },
    'a deposit report is counted twice': {
      book: (book) => {
        const { acknowledge } = book
        book.acknowledge = (event, now) => {
          acknowledge.call(book, event, now)
          if (event.kind !== 'deposit') return
          const [more] = book.held.deposits
          if (more !== undefined) acknowledge.call(book, { ...event, depositId: more[0], status: 'mined' }, now)
          const view = book.channel(event.channelId)
          if (view !== undefined && event.status === 'mined')
            Object.assign(view, { deposited: view.deposited + event.amount })
        }
      },
    },
  }
  for (const [bug, faults] of Object.entries(bugs)) {
    test(`the check finds a planted bug: ${bug}`, async () => {
      await expect(check(bug, 300, 7, faults, false)).rejects.toThrow()
    })
  }
})
