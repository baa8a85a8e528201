/** What the compiler says of a condition, in the language of the page. Pure but for the language. */
import { type Said, saidOf } from '../../../said/Said.ts'
import { w } from './words.ts'

const UNKNOWN = /^there is no (\S+); there are /

/** All fifty names would hide what is wrong: the editor shows them. */
export function explain(message: string): Said {
  const unknown = UNKNOWN.exec(message)?.[1]
  return unknown === undefined ? saidOf(message) : { text: w.unknownName({ name: unknown }) }
}
