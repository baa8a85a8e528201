/** Which of the two languages: of the element, else of what it is in, else of the page, else of the reader. */
export type Locale = 'en' | 'zh'

/** `undefined` for any language but the two. */
export function localeOf(tag: string | null | undefined): Locale | undefined {
  const [language] = (tag ?? '').toLowerCase().split('-')
  return language === 'en' || language === 'zh' ? language : undefined
}

/** The first tag that is one of the two; English when none is. */
export function firstOf(tags: Iterable<string | null | undefined>): Locale {
  for (const tag of tags) {
    const locale = localeOf(tag)
    if (locale !== undefined) return locale
  }
  return 'en'
}

/** BCP 47, for `Intl`. */
export function tagOf(locale: Locale): string {
  return locale === 'zh' ? 'zh-CN' : 'en-GB'
}

/** The languages that speak for an element, nearest first; shadow roots are no border. */
export function* tagsFor(element: Element): Generator<string | null> {
  let at: Element | null = element
  while (at !== null) {
    yield at.getAttribute('lang')
    const root: Node = at.getRootNode()
    at = at.parentElement ?? (root instanceof ShadowRoot ? root.host : null)
  }
  yield* navigator.languages
}
