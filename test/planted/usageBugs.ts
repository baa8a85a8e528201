/** Mistakes in counting what an upstream used: the adapters of `core/src/usage`. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const usage = 'core/src/usage'
const suite = (file: string, only: string) => vitest('core', `test/usage/${file}.test.ts`, only)

export const usageBugs: readonly Bug[] = [
  {
    name: 'cached tokens are charged twice: as cached, and in the prompt',
    invariant: 'I13',
    file: `${usage}/OpenAi.ts`,
    find: 'input_token: total - cached - written',
    replace: 'input_token: total',
    suite: suite('OpenAi', 'all fields'),
    notices: /FAIL .*all fields/,
  },
  {
    name: 'counts of a stream of Anthropic are added up, though each includes those before',
    invariant: 'I13',
    file: `${usage}/Anthropic.ts`,
    find: '    for (const field of FIELDS) if (isUsable(field, usage[field])) said[field] = usage[field]\n',
    replace:
      "    for (const field of FIELDS) {\n      const [before, more] = [said[field], usage[field]]\n      if (isUsable(field, more)) said[field] = typeof more === 'number' ? Number(before ?? 0) + more : more\n    }\n",
    suite: suite('Anthropic', 'each field counts as it was said last'),
    notices: /FAIL .*each field counts as it was said last/,
  },
  {
    name: 'what was written to a cache beyond the split of the start is forgotten',
    invariant: 'I7',
    file: `${usage}/Anthropic.ts`,
    find: 'cache_write_token: total - hour',
    replace: 'cache_write_token: Count.least(short ?? total, total - hour)',
    suite: suite('Anthropic', 'outgrows the split'),
    notices: /FAIL .*outgrows the split/,
  },
  {
    name: 'who leaves before the counts of the answer pays for the first token only',
    invariant: 'I6',
    file: `${usage}/Tally.ts`,
    find: 'larger(told, this.#counted)',
    replace: 'told',
    suite: suite('Anthropic', 'left before the counts'),
    notices: /FAIL .*left before the counts of the answer/,
  },
  {
    name: 'usage in a chunk that carries a choice is hidden with its text',
    invariant: 'I2',
    file: `${usage}/OpenAi.ts`,
    find: 'choices.length === 0 && isObject',
    replace: 'isObject',
    suite: suite('OpenAi', 'usage in a chunk with a choice'),
    notices: /FAIL .*usage in a chunk with a choice counts, and passes/,
  },
  {
    name: 'usage is found in what a model says, not only in what its server says',
    invariant: 'I13',
    file: `${usage}/JsonPicker.ts`,
    find: 'names.every((n, i) => n === this.#place[i])',
    replace: 'names.at(-1) === this.#place[level - 1]',
    suite: suite('OpenAi', 'usage of what is inside'),
    notices: /FAIL .*usage of what is inside of the answer/,
  },
  {
    name: 'a line end in two chunks ends two lines',
    invariant: 'I2',
    file: `${usage}/Sse.ts`,
    find: 'this.#afterCr = isCr && at === chunk.length - 1',
    replace: 'this.#afterCr = false',
    suite: suite('OpenAi', 'CRLF: cut anywhere, the usage'),
    notices: /FAIL .*CRLF: cut anywhere, the usage that was not asked for does not pass/,
  },
  {
    name: 'a caller turns the order to report usage off',
    invariant: 'I6',
    file: `${usage}/Request.ts`,
    find: "for (const member of inner) edits.push({ from: member.from, to: member.to, text: 'true' })",
    replace: 'if (inner.length > 1) return read',
    suite: suite('Request', 'in the place of false'),
    notices: /FAIL .*in the place of false/,
  },
  {
    name: 'a body in UTF-16 goes past the gateway unread, and its server reads it',
    invariant: 'I6',
    file: `${usage}/Request.ts`,
    find: "    return { ...plain(body), refused: 'the body is not a JSON object in UTF-8' }\n",
    replace: '    return plain(body)\n',
    suite: suite('Request', 'UTF-16'),
    notices: /FAIL .*UTF-16 is refused/,
  },
  {
    name: 'the hold of many prompts is that of one',
    invariant: 'I6',
    file: `${usage}/Bounds.ts`,
    find: 'units * copies * prompts',
    replace: 'units * copies',
    suite: suite('Request', 'times the prompts'),
    notices: /FAIL .*times the prompts/,
  },
  {
    name: 'the address of an image bounds its tokens',
    invariant: 'I6',
    file: `${usage}/Closed.ts`,
    find: "  type: only('text', 'input_text', 'output_text', 'refusal'),\n",
    replace: '  type: isText,\n  image_url: any,\n',
    suite: suite('Request', 'not with'),
    notices: /FAIL .*not with an image/,
  },
]
