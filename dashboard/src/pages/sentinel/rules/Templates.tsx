/** Rules to begin one's own with. Each goes into the draft in shadow. */
import type { VNode } from 'preact'
import { useLoad } from '../../../api/Load.ts'
import { Button } from '../../../ui/Button.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { ActionBadge } from '../Parts.tsx'
import type { Rule } from '../Types.ts'
import { actionExplained } from '../words.ts'
import { freeId, withoutVersion, withRule } from './Draft.ts'
import { templateName } from './TemplateNames.ts'
import type { Editing } from './useDraft.ts'
import { w } from './words.ts'

export function Templates({ editing, onClose }: { editing: Editing; onClose(): void }): VNode {
  const { data, error, reload } = useLoad((signal) => Calls.templates(signal), [])
  const use = (template: Rule) => {
    editing.edit((draft) => {
      const id = freeId(draft.rules, template.id)
      const rule = { ...withoutVersion(template), id, name: templateName(template), state: 'shadow' as const }
      return withRule(draft, rule, Date.now())
    })
    toast(w.inDraft())
  }
  return (
    <Dialog open wide title={w.templatesTitle()} onClose={onClose}>
      <p class="hint">{w.templatesHint()}</p>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      <ul class="sentinel-templates">
        {data?.map((template) => (
          <li key={template.id}>
            <h3>{templateName(template)}</h3>
            <code class="sentinel-when">{template.when}</code>
            <p>
              <ActionBadge action={template.action} /> {actionExplained(template.action)}
            </p>
            <Button label={`${w.use()}: ${templateName(template)}`} onClick={() => use(template)}>
              {w.use()}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
