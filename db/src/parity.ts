/** Compile-time check: both dialects give the code the same tables with the same rows. Nothing here runs. */
import type * as pg from './schema.pg.ts'
import type * as sqlite from './schema.sqlite.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Table = { $inferSelect: unknown; $inferInsert: unknown }

/** The names of tables whose rows differ, in either direction of travel; `never` when the schemas agree. */
type Differing<A, B> = {
  [K in keyof A | keyof B]: K extends keyof A & keyof B
    ? A[K] extends Table
      ? B[K] extends Table
        ? [
            Equal<A[K]['$inferSelect'], B[K]['$inferSelect']>,
            Equal<A[K]['$inferInsert'], B[K]['$inferInsert']>,
          ] extends [true, true]
          ? never
          : K
        : K
      : K
    : K
}[keyof A | keyof B]

/** Stops the compiler, naming the table, when the two schemas drift apart. */
export type Parity = AssertNever<Differing<typeof sqlite, typeof pg>>
type AssertNever<T extends never> = T
