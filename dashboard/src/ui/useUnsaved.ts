import { useEffect } from 'preact/hooks'
import { guardLeaving } from '../Router.ts'
import { confirmDialog } from './Confirm.tsx'
import { uiWords as w } from './words.ts'

/** While `on`, what is written here is kept nowhere else: whoever leaves by a link, a tab or the browser is asked first. */
export function useUnsaved(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined
    const stay = (event: BeforeUnloadEvent) => event.preventDefault()
    const question = { title: w.unsavedTitle(), text: w.unsavedText(), confirm: w.unsavedLeave(), danger: true }
    addEventListener('beforeunload', stay)
    const letGo = guardLeaving(() => confirmDialog(question))
    return () => {
      letGo()
      removeEventListener('beforeunload', stay)
    }
  }, [on])
}
