/** `/usage`: what the caller's keys spent over time, in all, by key or by seller. */
import * as Usage from '@pbstream/db/PayerUsage'
import { operation } from '../api/Operation.ts'
import { answer, type z } from '../api/Parts.ts'
import type { Api, ApiContext } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { namesOf, payerOf, sessionAsked, TAGS } from './Payer.ts'
import * as Schemas from './PayerSchemas.ts'

const get = operation({
  method: 'get',
  path: '/usage',
  operationId: 'getUsage',
  summary: 'What your keys spent in each hour or day, in all, by key or by provider',
  tags: TAGS,
  access: 'session_keys:read',
  request: { query: Schemas.usageQuery },
  responses: { 200: answer(Schemas.PayerUsage, 'The sums.') },
})

const DAYS_MAX = { hour: 31, day: 366 } as const
const DAYS = { hour: 7, day: 30 } as const
/** Groups that are told apart; what the others come to is one. */
const GROUPS_MAX = 20

export function payerUsageRoutes(api: Api): void {
  api.openapi(get, async (c) => {
    const { from, to, step = 'day', by = 'total', key } = c.req.valid('query')
    const until = to === undefined ? new Date() : new Date(to)
    const since = from === undefined ? new Date(until.getTime() - DAYS[step] * Usage.STEP_MS.day) : new Date(from)
    const days = (until.getTime() - since.getTime()) / Usage.STEP_MS.day
    if (days > DAYS_MAX[step]) {
      throw new Refusal('malformed_query', { detail: `more than ${DAYS_MAX[step]} days by ${step}` })
    }
    const session = await sessionAsked(c, key)
    const points = await Usage.usageOf(c.var.database, payerOf(c), { since, until, step, by, session })
    if (points === undefined) {
      const most = Usage.CHARGES_MAX.toLocaleString('en')
      throw new Refusal('malformed_query', {
        detail: `more than ${most} charges: ask for a shorter time, or for one key`,
      })
    }
    const shown = { from: since.toISOString(), to: until.toISOString(), step, by }
    return c.json({ ...shown, ...(await grouped(c, by, points)) }, 200)
  })
}

type Sum = { spent: bigint; payments: number }

async function grouped(c: ApiContext, by: Usage.By, points: readonly Usage.UsagePoint[]) {
  const sums = sumsOf(points, ({ group }) => group)
  const most = [...sums].flatMap(([group, sum]) => (group === null ? [] : [{ group, sum }])).sort(bySpent)
  const kept = most.slice(0, GROUPS_MAX)
  const names = await namesOfGroups(
    c,
    by,
    kept.map(({ group }) => group),
  )
  const nameOf = (group: string | null) => (group === null ? null : (names.get(group)?.group ?? null))
  return {
    total: show(total(points)),
    groups: kept.map(({ group, sum }) => ({
      group: nameOf(group),
      label: names.get(group)?.label ?? null,
      ...show(sum),
    })),
    points: [...sumsOf(points, ({ at, group }) => `${at} ${nameOf(group) ?? ''}`)].map(([place, sum]) =>
      pointOf(place, sum),
    ),
  }
}

function pointOf(place: string, sum: Sum): z.infer<typeof Schemas.PayerUsage>['points'][number] {
  const [at = '', group = ''] = place.split(' ')
  return { at: new Date(Number(at)).toISOString(), group: group === '' ? null : group, ...show(sum) }
}

/** Under which id and name each group is shown; those that have none here are not in it. */
async function namesOfGroups(c: ApiContext, by: Usage.By, groups: readonly string[]) {
  const names = new Map(groups.map((group) => [group, { group, label: null as string | null }]))
  for (const { group, name, ...key } of await Usage.labelsOf(c.var.database, by, groups)) {
    if (by === 'service') names.set(group, { group, label: name })
    else {
      const { keyId, keyName } = namesOf(c, { publicId: key.key, name, owner: key.owner, mode: key.mode })
      names.set(group, { group: keyId ?? group, label: keyName })
    }
  }
  return names
}

/** In the order in which they were met first. */
function sumsOf<Of>(points: readonly Usage.UsagePoint[], of: (point: Usage.UsagePoint) => Of): Map<Of, Sum> {
  const sums = new Map<Of, Sum>()
  for (const point of points) sums.set(of(point), plus(sums.get(of(point)), point))
  return sums
}

function total(points: readonly Sum[]): Sum {
  return points.reduce(plus, { spent: 0n, payments: 0 })
}

function plus(sum: Sum | undefined, { spent, payments }: Sum): Sum {
  return { spent: (sum?.spent ?? 0n) + spent, payments: (sum?.payments ?? 0) + payments }
}

function bySpent(a: { sum: Sum }, b: { sum: Sum }): number {
  return a.sum.spent > b.sum.spent ? -1 : a.sum.spent < b.sum.spent ? 1 : b.sum.payments - a.sum.payments
}

function show({ spent, payments }: Sum): { spent: string; payments: number } {
  return { spent: String(spent), payments }
}
