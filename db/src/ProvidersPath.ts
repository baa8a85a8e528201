/**
 * Whose path is it? All routes of a gateway share one space of paths, and a narrower route takes calls from a wider one.
 * So the first segment of a path belongs to the first owner who sells below it, in that mode, for good; whoever else wants
 * it is told that it is taken, and not by whom. What the deployment itself sells (routes of nobody) counts too.
 */
import { and, eq, isNull } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import { LIMITS, Refused, type Scope, type Who } from './ProvidersScope.ts'

/** Segments that no owner can have: what gateways and browsers ask for by themselves. */
const RESERVED = /^(?:\..*|healthz|openapi\.json|robots\.txt|favicon\.ico|llms\.txt|pbstream|x402|v1)?$/

/**
 * The first segment as a lenient origin would read it: case, closing dots and `;parameters` do not tell two apart.
 * `undefined`: a path that no owner can have.
 */
export function rootOf(path: string): string | undefined {
  const segment = path.split('/')[1] ?? ''
  if (segment === '*') return undefined
  const root = fold(segment)
  return RESERVED.test(root) ? undefined : root
}

function fold(segment: string): string {
  return safeDecode(segment)
    .toLowerCase()
    .replace(/;.*$/, '')
    .replace(/[. ]+$/, '')
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The statements that take a path for an owner; none when it is his already.
 *
 * @throws {Refused} when it is somebody else's, or nobody can have it.
 */
export async function take(db: Database, who: Who, path: string): Promise<(orm: Orm) => Statement[]> {
  const { pathRoot } = db.tables
  const root = rootOf(path)
  if (root === undefined) throw new Refused('path_reserved')
  const [held] = await db.orm.select().from(pathRoot).where(eq(pathRoot.root, root))
  if (held !== undefined) {
    if (held.owner === who.owner && held.mode === who.mode) return () => []
    throw new Refused('path_taken')
  }
  if (await isSoldByNobody(db, root)) throw new Refused('path_taken')
  if ((await rootsOf(db, who)).length >= LIMITS.roots)
    throw new Refused('limit_reached', `${LIMITS.roots} first segments`)
  // A plain insert: of two owners who take it at once the second fails as a whole.
  const { owner, mode, at } = who
  return (orm) => [orm.insert(pathRoot).values({ root, owner, mode, createdAt: at })]
}

/** Whether somebody else has taken the path meanwhile: what a failed insert means. */
export async function isTaken(db: Database, { owner, mode }: Scope, path: string): Promise<boolean> {
  const { pathRoot } = db.tables
  const [held] = await db.orm
    .select()
    .from(pathRoot)
    .where(eq(pathRoot.root, rootOf(path) ?? ''))
  return held !== undefined && (held.owner !== owner || held.mode !== mode)
}

function rootsOf(db: Database, { owner, mode }: Scope) {
  const { pathRoot } = db.tables
  return db.orm
    .select({ root: pathRoot.root })
    .from(pathRoot)
    .where(and(eq(pathRoot.owner, owner), eq(pathRoot.mode, mode)))
}

async function isSoldByNobody(db: Database, root: string): Promise<boolean> {
  return (await pathsOfNobody(db)).some(({ path }) => path === '/*' || fold(path.split('/')[1] ?? '') === root)
}

/** Paths that the deployment sells itself. */
export function pathsOfNobody(db: Database) {
  const { route, provider } = db.tables
  return db.orm
    .select({ path: route.path })
    .from(provider)
    .innerJoin(route, eq(route.providerId, provider.id))
    .where(isNull(provider.owner))
}
