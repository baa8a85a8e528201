/** What is known of a list that comes in pages. */
export type Paged<T> = { items: T[]; cursor: string | undefined; more: boolean }

/** The list with one more page at its end; a first page begins it. */
export function joined<T>(before: Paged<T> | undefined, page: { items: T[]; nextCursor: string | null }): Paged<T> {
  const items = before === undefined ? page.items : [...before.items, ...page.items]
  return { items, cursor: page.nextCursor ?? undefined, more: page.nextCursor !== null }
}
