/** What core, zod and the API say of something that does not fit, in the language of the page. They say it in English. */
import { defineWords, locale } from '../text.ts'
import { apiPhrases } from './ApiPhrases.ts'
import { failurePhrases } from './FailurePhrases.ts'
import { formulaPhrases } from './FormulaPhrases.ts'
import { type Phrase, phrased } from './Phrase.ts'
import { ratePhrases } from './RatePhrases.ts'
import { zodPhrases } from './ZodPhrases.ts'

/** `english`: what was said, where there is no Chinese for it; `text` is then a sentence of ours that goes before. */
export type Said = { text: string; english?: string }

const ALL: readonly Phrase[] = [...formulaPhrases, ...ratePhrases, ...zodPhrases, ...apiPhrases, ...failurePhrases]

const w = defineWords({
  unfit: { en: 'This does not fit', zh: '不符合要求' },
  unexpected: { en: 'Something went wrong. Try again.', zh: '操作未能完成。请重试。' },
})

/** A sentence in Chinese; undefined where there is none for it. */
export function chineseOf(sentence: string): string | undefined {
  const whole = phrased(ALL, sentence, 'zh')
  if (whole !== undefined) return whole
  // `/rules/0/when: what is wrong`: the place stays as it is.
  const [, place, rest] = /^([/\w.~-]+|the body|the set): ([^]+)$/.exec(sentence) ?? []
  const said = rest === undefined ? undefined : chineseOf(rest)
  return said === undefined ? undefined : `${place?.startsWith('the ') === true ? '' : `${place}：`}${said}`
}

/** Better English where the sentence was not written for people. */
export function englishOf(sentence: string): string {
  return phrased(ALL, sentence, 'en') ?? sentence
}

/** The place in a formula is said apart, in the language of the page. */
export function saidOf(sentence: string): Said {
  const plain = sentence.replace(/ \(line [0-9]+, column [0-9]+\)$/, '')
  if (locale.value === 'en') return { text: englishOf(plain) }
  const chinese = chineseOf(plain)
  return chinese === undefined ? { text: w.unfit(), english: plain } : { text: chinese }
}

/** What went wrong, as far as it can be said: a sentence without Chinese in it was not written by these pages. */
export function saidOfError(error: unknown): Said {
  const { message, said } = (error instanceof Error ? error : new Error(String(error))) as Error & { said?: Said }
  if (said !== undefined) return said
  return locale.value === 'en' || /\p{Script=Han}/u.test(message)
    ? { text: message }
    : { text: w.unexpected(), english: message }
}

/** As one text, for places that hold nothing else: an attribute, a part of a sentence. */
export function inOneText({ text, english }: Said): string {
  return english === undefined ? text : `${text}（${english}）`
}

/** Why something failed or turned. It may be what a person wrote, or the name of a rule: that stays as it is. */
export function reasonOf(text: string): string {
  return phrased(failurePhrases, text, locale.value) ?? text
}
