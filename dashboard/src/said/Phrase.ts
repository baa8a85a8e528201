/** What a sentence becomes: `$1` is what stands in the first brackets of its pattern; undefined: it is not this one. */
type Template = string | ((...found: string[]) => string | undefined)

/** An English sentence of others, its Chinese, and better English where theirs was not written for people. */
export type Phrase = readonly [pattern: RegExp, zh: Template, en?: Template]

/** The sentence by the first pattern that knows it. What is found in it is put in as it stands. */
export function phrased(phrases: readonly Phrase[], sentence: string, language: 'en' | 'zh'): string | undefined {
  for (const [pattern, zh, en] of phrases) {
    const found = pattern.exec(sentence)
    if (found === null) continue
    const template = language === 'zh' ? zh : en
    if (template === undefined) return undefined
    const said = filled(template, found.slice(1))
    if (said !== undefined) return said
  }
  return undefined
}

function filled(template: Template, found: readonly (string | undefined)[]): string | undefined {
  const parts = found.map((part) => part ?? '')
  if (typeof template !== 'string') return template(...parts)
  return template.replaceAll(/\$(\d)/g, (_, index: string) => parts[Number(index) - 1] ?? '')
}
