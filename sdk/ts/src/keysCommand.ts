/** `pbstream keys`. */
import { UsageError } from './Failure.ts'
import * as KeyStore from './KeyStore.ts'
import * as Options from './Options.ts'
import { type Screen, show } from './Screen.ts'

export const keysHelp = `Usage: pbstream keys new NAME
       pbstream keys list
       pbstream keys show NAME [--secret]

Keys that pay, on this machine: in $PBSTREAM_HOME/keys (~/.pbstream/keys), one file each, which you alone can read. Other
commands use one by --as NAME. Keep little money under a key that a program uses; what a session key may spend can be
limited, and the key frozen, by its owner: see docs/session-keys.md.

  --secret   also print the key itself: whoever sees it can spend what it may spend
  --json     the result as JSON on stdout
  --help     this text

Ends with 0 when it is done, 1 when it could not be, 2 when it was called wrongly.`

const options = { help: { type: 'boolean' }, json: { type: 'boolean' }, secret: { type: 'boolean' } } as const

/** @throws {UsageError | Failure} */
export async function keysCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const { values, words } = Options.parseWords(args, options, 2)
  if (values.help === true) {
    screen.out(keysHelp)
    return 0
  }
  const [act, name] = words
  const home = KeyStore.home(at.env)
  if (values.secret === true && act !== 'show') throw new UsageError('--secret goes with `keys show NAME` only.')
  switch (act) {
    case 'list': {
      if (name !== undefined) throw new UsageError('`keys list` takes no name.')
      const keys = await KeyStore.list(home)
      const none = ['No keys yet. `pbstream keys new NAME` makes one.']
      show(screen, values.json, { keys }, keys.length === 0 ? none : keys.flatMap(lines))
      return 0
    }
    case 'new': {
      if (name === undefined) throw new UsageError('Say how to call it: pbstream keys new NAME.')
      const made = await KeyStore.create(home, name)
      show(screen, values.json, made, lines(made))
      screen.note(
        'The file is the only copy of the key. It spends what is deposited under it, or what its address holds.',
      )
      return 0
    }
    case 'show': {
      if (name === undefined) throw new UsageError('Say which: pbstream keys show NAME.')
      const { stored, key } = await KeyStore.read(home, name)
      const secret = values.secret === true ? { key } : {}
      if (values.secret === true)
        screen.note('Whoever sees this key can spend what it may spend. Clear the screen after.')
      show(screen, values.json, { ...stored, ...secret }, [...lines(stored), ...Object.values(secret)])
      return 0
    }
    default:
      throw new UsageError('Say what to do: keys new NAME, keys list or keys show NAME.')
  }
}

function lines({ name, address, file }: KeyStore.StoredKey): string[] {
  return [`${name}  ${address}  ${file}`]
}
