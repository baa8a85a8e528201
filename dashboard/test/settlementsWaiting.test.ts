import { describe, expect, it } from 'vitest'
import type { Channel, Incident } from '../src/pages/sessions/Calls.ts'
import { walk } from '../src/pages/sessions/Calls.ts'
import { waitingOf } from '../src/pages/settlements/Waiting.ts'

const channel = (id: string, numbers: Partial<Channel>): Channel => ({
  id,
  session: `31337:${id}`,
  chainId: 31337,
  receiver: '0xr',
  token: '0xt',
  deposited: '100',
  provisional: '0',
  returned: '0',
  spent: '0',
  claimed: '0',
  settled: '0',
  lost: '0',
  ...numbers,
})
const incident = (channelId: string, what: string): Incident => {
  return { id: what, what, channelId, detail: {}, at: '2026-11-23T10:00:00.000Z', resolvedAt: null }
}

describe('what waits to be paid out', () => {
  it('the most first, and nothing that is paid', () => {
    const paid = channel('paid', { spent: '5', claimed: '5', settled: '5' })
    const rows = waitingOf([channel('a', { spent: '1' }), paid, channel('b', { spent: '9' })], [])
    expect(rows.map(({ id }) => id)).toEqual(['b', 'a'])
  })

  it.each([
    ['accruing', { spent: '5' }, []],
    ['paying', { spent: '5', claimed: '5' }, []],
    ['failed', { spent: '5' }, ['claim_dead_letter']],
    ['blocked', { spent: '5', claimed: '5' }, ['claim_dead_letter', 'receiver_blocked']],
    ['accruing', { spent: '5' }, ['deposit_reorged']],
  ] as const)('%s', (state, numbers, incidents) => {
    const rows = waitingOf(
      [channel('a', numbers)],
      incidents.map((what) => incident('a', what)),
    )
    expect(rows[0]?.state).toBe(state)
  })
})

describe('a list that is walked', () => {
  const pages = (cursor: string | undefined) => {
    const at = Number(cursor ?? 0)
    return Promise.resolve({ items: [at], nextCursor: at < 4 ? String(at + 1) : null })
  }

  it('to its end', async () => {
    expect(await walk(pages, 10)).toEqual({ items: [0, 1, 2, 3, 4], whole: true })
  })

  it('no further than asked', async () => {
    expect(await walk(pages, 3)).toEqual({ items: [0, 1, 2], whole: false })
  })
})
