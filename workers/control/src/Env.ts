import type { DatabaseEnv } from '@pbstream/db/Database'

/** The bindings and variables of workers/control: its wrangler.toml. */
export type Env = DatabaseEnv & {
  /** `true` on one machine only: the overview shows everybody's payments. */
  OVERVIEW?: string
}
