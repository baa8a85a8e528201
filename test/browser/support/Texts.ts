/** What people and other servers write into the service: friendly, or made to be taken for something else than text. */
export type Texts = {
  /** Names, of which `of` says what is named. At most 80 characters that the API takes. */
  name(of: string): string
  /** A condition that holds for a call of more than nothing. */
  condition: string
  /** An entry of a list. */
  entry: string
  /** What an upstream, an oracle or the receiver of a webhook answered: anything. */
  said: string
}

export const FRIENDLY: Texts = {
  name: (of) => of,
  condition: 'amount > 2000 && count.minute >= 1',
  entry: 'DE',
  said: '503 Service Unavailable: try again in a minute',
}

/** Sets `hostile` in the page, or opens a dialog, where it is taken for markup. */
const MARKUP = '<img src=x onerror=hostile=1;alert(1)><script>hostile=1</script>'
const TEMPLATES = '{{7*7}}${7*7}#{7*7}<%= 7*7 %>'
const CLOSING = '</script></textarea></title></style>-->]]>'
const LONG = 'W'.repeat(400)
/** From here on to be read from right to left, and never ended. */
const REVERSED = '\u202egpj.exe'

export const HOSTILE: Texts = {
  name: () => `<img src=x onerror=hostile=1;alert(1)>{{7*7}}`,
  condition: `amount > 0 && country != "${CLOSING}${MARKUP}${TEMPLATES}${'W'.repeat(120)}"`,
  entry: `${CLOSING}${MARKUP}`,
  said: `${CLOSING}${MARKUP}<svg onload=hostile=1><x-hostile>${TEMPLATES}${REVERSED} ${LONG}`,
}

/** A name as it would stand in the tables if the API had let more through than it does. */
export const WORST_NAME = `${MARKUP}${TEMPLATES}${REVERSED}${LONG}`
