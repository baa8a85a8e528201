/** `pbstream export`. */
import { writeFile } from 'node:fs/promises'
import { type Address, lower } from '@pbstream/core/Hex'
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { fetchExport } from './Export.ts'
import { UsageError } from './Failure.ts'
import * as Options from './Options.ts'
import { count, type Screen } from './Screen.ts'

export const exportHelp = `Usage: pbstream export --url CONTROL --out EXPORT.json (--key-file FILE | PBSTREAM_KEY=…)
       pbstream export --url CONTROL --receiver 0x… --text
       pbstream export --url CONTROL --receiver 0x… --issued-at TIME --signature 0x… --out EXPORT.json

Fetches everything that a receiver has earned and was not paid, with the vouchers that \`pbstream claim\` needs. The
receiver proves itself by a signature of its wallet: by the key that is given here, or, for a wallet that does not give
its key away, over the text that --text prints, made within 5 minutes (personal_sign).

Keep the file to yourself, and fetch a new one often: what is charged later is not in it.

  --url CONTROL     origin of the control Worker, such as https://control.example
  --out FILE        where to write the export, readable by you alone; without it, stdout
  --key-file FILE   the receiver's private key; - reads it from stdin. Or the environment variable PBSTREAM_KEY
  --receiver 0x…    whose vouchers; not needed with a key
  --text            print the text to sign, and what to do with the signature
  --issued-at TIME  the time in the text that was signed
  --signature 0x…   the signature of the text
  --help            this text

Ends with 0 when the file is whole, 1 when it could not be fetched, 2 when it was called wrongly.`

const options = {
  ...Options.keyOptions,
  help: { type: 'boolean' },
  url: { type: 'string' },
  out: { type: 'string' },
  receiver: { type: 'string' },
  text: { type: 'boolean' },
  'issued-at': { type: 'string' },
  signature: { type: 'string' },
} as const

/** @throws {UsageError | Failure} */
export async function exportCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const values = Options.parse(args, options)
  if (values.help === true) {
    screen.out(exportHelp)
    return 0
  }
  const url = URL.parse(values.url ?? '')
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('Say where the control Worker answers: --url https://…')
  }
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const named = values.receiver === undefined ? undefined : Options.address('--receiver', values.receiver)
  if (values.text === true) {
    if (named === undefined) throw new UsageError('Say whose vouchers: --receiver 0x…')
    screen.out(VoucherExport.proofText({ host: url.host, receiver: named, issuedAt: now }))
    screen.note(`\nSign this text, then run: pbstream export --url ${url.origin} --receiver ${named} \\`)
    screen.note(`  --issued-at ${now} --signature 0x… --out export.json`)
    return 0
  }
  const { receiver, proof } = await prove(values, { host: url.host, named, now }, at)
  const found = await fetchExport({ origin: url.origin, receiver, proof, note: screen.note })
  const text = `${JSON.stringify(VoucherExport.toJson(found), undefined, 2)}\n`
  if (values.out === undefined) screen.out(text.trimEnd())
  else await writeFile(values.out, text, { mode: 0o600 })
  screen.note(
    `${count(found.channels.length, 'channel')} with money to claim${values.out === undefined ? '' : ` in ${values.out}`}`,
  )
  return 0
}

type Given = { 'issued-at'?: string | undefined; signature?: string | undefined; 'key-file'?: string | undefined }

async function prove(
  given: Given,
  { host, named, now }: { host: string; named: Address | undefined; now: string },
  at: Options.Environment,
) {
  const { 'issued-at': issuedAt, signature, 'key-file': keyFile } = given
  if (signature !== undefined || issuedAt !== undefined) {
    if (signature === undefined || issuedAt === undefined || named === undefined) {
      throw new UsageError('--signature, --issued-at and --receiver belong together: see pbstream export --help.')
    }
    return { receiver: named, proof: { issuedAt, signature: Options.signature('--signature', signature) } }
  }
  const account = await Options.requireAccount(keyFile, at)
  const receiver = lower(account.address)
  if (named !== undefined && named !== receiver) throw new UsageError('The key is not that of --receiver.')
  const message = VoucherExport.proofText({ host, receiver, issuedAt: now })
  return { receiver, proof: { issuedAt: now, signature: await account.signMessage({ message }) } }
}
