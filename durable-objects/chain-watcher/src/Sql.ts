/** The part of a Durable Object's SQL storage that the watcher uses, so that its registry also runs on other SQLites. */
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
