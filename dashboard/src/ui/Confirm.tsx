/** Asking before something is done that is not easily undone. */
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { TextInput } from './TextInput.tsx'
import { uiWords as w } from './words.ts'

export type Question = {
  title: string
  /** What will happen, in plain words. */
  text: string
  /** The words of the button: what is done, never "OK". */
  confirm: string
  danger?: boolean
  /** A word that has to be typed first. */
  typed?: string
}

const asked = signal<{ id: number; question: Question; answer: (yes: boolean) => void } | undefined>()
let next = 0

/** Resolves to what the person chose. A question while another is open takes its place, which counts as no. */
export function confirmDialog(question: Question): Promise<boolean> {
  asked.peek()?.answer(false)
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      asked.value = undefined
      resolve(yes)
    }
    asked.value = { id: next++, question, answer }
  })
}

/** Where questions appear; once on the page. */
export function Confirms() {
  const open = asked.value
  return open === undefined ? null : <Asking key={open.id} {...open} />
}

function Asking({ question, answer }: { question: Question; answer: (yes: boolean) => void }) {
  const [typed, setTyped] = useState('')
  const ready = question.typed === undefined || typed.trim() === question.typed
  const actions = (
    <>
      <Button autofocus={question.typed === undefined} onClick={() => answer(false)}>
        {w.cancel()}
      </Button>
      <Button kind={question.danger === true ? 'danger' : 'primary'} disabled={!ready} onClick={() => answer(true)}>
        {question.confirm}
      </Button>
    </>
  )
  return (
    <Dialog open title={question.title} onClose={() => answer(false)} actions={actions}>
      <p class="prose">{question.text}</p>
      {question.typed !== undefined && (
        <TextInput label={w.typeWord({ word: question.typed })} value={typed} onChange={setTyped} mono autofocus />
      )}
    </Dialog>
  )
}
