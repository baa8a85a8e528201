/** Mistakes that a history can be given at its ports, to show that the checks find them. */
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Policy } from '@pbstream/core/Policy'
import type { Book } from '@pbstream/stream-session/Book'
import type { Loaded, Reader } from '@pbstream/stream-session/Rows'
import type { Changes } from '@pbstream/stream-session/State'
import type { Snapshot } from './Events.ts'

export type Plant = {
  reader?(reader: Reader): Reader
  load?(loaded: Loaded): Loaded
  write?(changes: Changes): Changes
  book?(book: Book): void
  claim?(message: ClaimMessage): ClaimMessage
  tell?(events: readonly ChainEvent[]): readonly ChainEvent[]
  show?(snapshot: Snapshot): Snapshot
  /** Settlement logs the messages that it gets (full world only). */
  chatty?: boolean
  /** Replies leave before their rows are written. */
  repliesEarly?: boolean
  /** The lane takes an order that it knows for a new one. */
  laneForgets?: boolean
  /** The lane takes a block for final as soon as it is there. */
  finalAtOnce?: boolean
}

/** Another policy is put in force than the owner said; the answer does not tell. */
function misheard(as: (policy: Policy) => Partial<Policy>): (book: Book) => void {
  return (book) => {
    const { setPolicy } = book
    book.setPolicy = (ref, policy, now) => {
      const reply = setPolicy.call(book, ref, { ...policy, ...as(policy) }, now)
      return reply.version === policy.version ? { ...reply, status: policy.status } : reply
    }
  }
}

/** Each with the invariant that must be named when it is found. */
export const plants: Record<string, { invariant: string; plant: Plant }> = {
  'a claim that is on its way counts as settled': {
    invariant: 'I1',
    plant: {
      write: (changes) => ({
        ...changes,
        channels: changes.channels.map((change) => {
          const { after } = change
          const total = after?.channel.claiming?.total
          return after === undefined || total === undefined
            ? change
            : { ...change, after: { ...after, channel: { ...after.channel, settled: total } } }
        }),
      }),
    },
  },
  'request ids are forgotten': {
    invariant: 'I2',
    plant: {
      reader: (reader) => ({
        request: () => undefined,
        answer: (id) => reader.answer(id),
        nonce: (nonce) => reader.nonce(nonce),
        decision: (number) => reader.decision(number),
        memory: reader.memory,
      }),
    },
  },
  'a restart forgets what was settled': {
    invariant: 'I3',
    plant: {
      load: (loaded) => ({
        ...loaded,
        channels: loaded.channels.map(([id, row]) => [id, { ...row, channel: { ...row.channel, settled: 0n } }]),
      }),
    },
  },
  'claims ask for what was signed, not for what was charged': {
    invariant: 'I4',
    plant: { claim: (message) => ({ ...message, total: message.max }) },
  },
  'a movement is not journaled': {
    invariant: 'I5',
    plant: {
      write: (changes) => ({ ...changes, journal: changes.journal.filter(({ kind }) => kind !== 'settle') }),
    },
  },
  'replies leave before they are written': { invariant: 'I6', plant: { repliesEarly: true } },
  'the end of a reservation is not written': {
    invariant: 'I7',
    plant: {
      write: (changes) => ({
        ...changes,
        reservations: changes.reservations.filter(({ after }) => after !== undefined),
      }),
    },
  },
  'nobody is told of claims that failed': {
    invariant: 'I8',
    plant: { tell: (events) => events.filter((event) => event.kind !== 'claim' || event.status !== 'failed') },
  },
  'the lane takes an order that it knows for a new one': { invariant: 'I9', plant: { laneForgets: true } },
  'a block is final as soon as it is there': { invariant: 'I9', plant: { finalAtOnce: true } },
  'a policy is answered and not written': {
    invariant: 'I10',
    plant: { write: (changes) => ({ ...changes, policy: undefined }) },
  },
  'a frozen key pays': { invariant: 'I10', plant: { book: misheard(() => ({ status: 'active' })) } },
  'the spend cap is taken for a little more': {
    invariant: 'I10',
    plant: { book: misheard(({ spendCap }) => ({ spendCap: spendCap + 5n })) },
  },
  'the period limit is taken for a little more': {
    invariant: 'I10',
    plant: {
      book: misheard(({ periodAmount }) => ({ periodAmount: periodAmount === 0n ? 0n : periodAmount + 5n })),
    },
  },
  'a post charges one unit more than the receipt says': {
    invariant: 'I11',
    plant: {
      book: (book) => {
        const report = book.report.bind(book)
        book.report = (said, now) => report(said.kind === 'post' ? { ...said, amount: said.amount + 1n } : said, now)
      },
    },
  },
  'what is shown is rounded up': {
    invariant: 'I13',
    plant: { show: (snapshot) => ({ ...snapshot, spent: snapshot.spent + 1n }) },
  },
}
