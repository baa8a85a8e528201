/** The part of a Durable Object's SQL storage that the lane uses, so that its journal also runs on other SQLites. */
export type SqlValue = string | number | null

export type Sql = {
  /** Rows of one statement. */
  rows(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[]
  /** Runs `work` whole or not at all. It must not await. */
  transaction<T>(work: () => T): T
}

/** `Sql` over the storage of a Durable Object. */
export function ofStorage(storage: DurableObjectStorage): Sql {
  return {
    rows: (query, ...bindings) => storage.sql.exec<Record<string, SqlValue>>(query, ...bindings).toArray(),
    transaction: (work) => storage.transactionSync(work),
  }
}

/** JSON in which a bigint is `{"bigint":"123"}`. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? { bigint: inner.toString() } : inner,
  )
}

export function fromJson<T>(text: string): T {
  return JSON.parse(text, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !('bigint' in inner)) return inner
    return BigInt(inner.bigint as string)
  }) as T
}
