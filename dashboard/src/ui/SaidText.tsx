import type { Said } from '../said/Said.ts'

/** What somebody else says; where it is English in a Chinese page it is marked as such, for screen readers and fonts. */
export function SaidText({ text, english }: Said) {
  return (
    <>
      {text}
      {english !== undefined && (
        <>
          {' '}
          <span lang="en">{english}</span>
        </>
      )}
    </>
  )
}
