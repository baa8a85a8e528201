/** What rows of Sentinel hold beside their columns. */
import type { DecisionRow } from '@pbstream/core/message/Sentinel'

/** A decision, without what has a column of its own. */
export type DecisionDetail = Pick<DecisionRow, 'hits' | 'granted' | 'cut' | 'stop' | 'until' | 'breaker' | 'cause'> & {
  payee?: string
}
