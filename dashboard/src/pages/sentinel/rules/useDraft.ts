/** The set in force and the draft on top of it, for the pages that edit rules. All of them see the same. */
import { signal } from '@preact/signals'
import { useLoad } from '../../../api/Load.ts'
import { me, mode } from '../../../Session.ts'
import * as Calls from '../Calls.ts'
import type { Ruleset } from '../Types.ts'
import type { Whose } from '../Whose.ts'
import { type Draft, draftOf, isChanged } from './Draft.ts'
import { type Conflict, conflictOf, isHarmless, rebased } from './Merge.ts'
import { draftKey, savedDraft, saveDraft } from './Store.ts'

/** So often the set is read while it is on its way to keys. */
const WAY_MS = 3_000

export type Editing = {
  /** In force. */
  set: Ruleset
  /** What would be published; equal to the set where nothing was edited. */
  draft: Draft
  isChanged: boolean
  /** Somebody published meanwhile what the draft does not know of. */
  conflict: Conflict | undefined
  /** `change` is given the draft as it is by then. */
  edit(change: (draft: Draft) => Draft): void
  discard(): void
  /** Puts the draft in force. @throws {ApiProblem} precondition_failed: read again, and look at the conflict */
  publish(): Promise<Ruleset>
}

export type Loading = { editing: Editing | undefined; error: Error | undefined; reload(): void }

/** By the key of the draft. */
const sets = signal<ReadonlyMap<string, Ruleset>>(new Map())
const drafts = signal<ReadonlyMap<string, Draft | undefined>>(new Map())

export function useDraft(whose: Whose): Loading {
  const key = draftKey(me.value?.owner ?? '', mode.value, whose)
  const set = sets.value.get(key)
  const { error, reload } = useLoad(
    async (abort) => keepSet(key, await Calls.getRules(whose, abort)),
    [key],
    set?.onItsWay === true ? { everyMs: WAY_MS } : {},
  )
  // Read, so that who uses it is drawn again with it.
  const kept = drafts.value.has(key) ? drafts.value.get(key) : savedDraft(key)
  return { editing: set === undefined ? undefined : editing({ whose, key, set, kept, reload }), error, reload }
}

/** An answer that was overtaken by a newer one is no news. */
function keepSet(key: string, set: Ruleset): void {
  const known = sets.peek().get(key)
  if (known !== undefined && known.revision > set.revision) return
  sets.value = new Map(sets.peek()).set(key, set)
}

function keepDraft(key: string, draft: Draft | undefined): void {
  saveDraft(key, draft)
  drafts.value = new Map(drafts.peek()).set(key, draft)
}

type Parts = { whose: Whose; key: string; set: Ruleset; kept: Draft | undefined; reload(): void }

function editing({ whose, key, set, kept, reload }: Parts): Editing {
  const { draft, conflict } = current(kept, set)
  return {
    ...{ set, draft, conflict, isChanged: isChanged(draft) },
    edit: (change) => {
      const latest = drafts.peek().has(key) ? drafts.peek().get(key) : savedDraft(key)
      const next = change(current(latest, sets.peek().get(key) ?? set).draft)
      keepDraft(key, isChanged(next) ? next : undefined)
    },
    discard: () => keepDraft(key, undefined),
    publish: async () => {
      const { rules, breaker } = draft
      const next = await Calls.setRules(whose, draft.from.revision, { rules, breaker })
      keepDraft(key, undefined)
      keepSet(key, next)
      reload()
      return next
    },
  }
}

/** The draft as it is to be edited: what does not matter to it, as a change of a list, does not stand in its way. */
function current(kept: Draft | undefined, set: Ruleset): { draft: Draft; conflict: Conflict | undefined } {
  if (kept === undefined) return { draft: draftOf(set, 0), conflict: undefined }
  // What was just published here may be read a moment later only.
  if (kept.from.revision > set.revision) return { draft: kept, conflict: undefined }
  const conflict = conflictOf(kept, set)
  if (conflict === undefined) return { draft: kept, conflict }
  if (isHarmless(conflict)) return { draft: rebased(kept, set, new Set(), kept.at), conflict: undefined }
  return { draft: kept, conflict }
}
