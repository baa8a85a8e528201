#!/usr/bin/env node
/** `pbstream`: pays for calls, looks at servers that want to be paid, and gets at money when nobody else is there. */
import { claimCommand } from './claimCommand.ts'
import { curlCommand } from './curlCommand.ts'
import { PBStreamError } from './errors/PBStreamError.ts'
import { exportCommand } from './exportCommand.ts'
import { describe, Failure, UsageError } from './Failure.ts'
import { keysCommand } from './keysCommand.ts'
import type { Environment } from './Options.ts'
import { inWords } from './PayOptions.ts'
import type { Screen } from './Screen.ts'
import { priceCommand } from './priceCommand.ts'
import { sessionsCommand } from './sessionsCommand.ts'
import { validateCommand } from './validateCommand.ts'
import { withdrawCommand } from './withdrawCommand.ts'

const help = `Usage: pbstream COMMAND [options]

  curl      call an address and pay for the answer
  price     what a call would cost, and why
  sessions  what was paid from where; close, freeze
  validate  look at a server that is paid by x402, ours or anybody's
  keys      keys that pay, on this machine

  export    fetch the vouchers of a receiver from the control Worker
  claim     claim exported vouchers on chain and have them paid out
  withdraw  take a payer's money out of its channels

claim and withdraw need an RPC endpoint and a key, and nobody's server. pbstream COMMAND --help says how. Keys are never
arguments, results go to stdout and progress to stderr, --json is for programs. Ends with 0 when it is done, 1 when it could
not be done, 2 when it was called wrongly.`

const commands: Record<string, (args: string[], at: Environment, screen: Screen) => Promise<number>> = {
  curl: curlCommand,
  price: priceCommand,
  sessions: sessionsCommand,
  validate: validateCommand,
  keys: keysCommand,
  export: exportCommand,
  claim: claimCommand,
  withdraw: withdrawCommand,
}

const screen: Screen = {
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  write: (bytes) =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error == null ? resolve() : reject(error)))
    }),
}
// Who reads may stop reading; the write that fails says so.
process.stdout.on('error', () => {})

/** 0 done, 1 not done, 2 called wrongly. */
async function main([name = '', ...args]: string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    screen.out(help)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    screen.note(help)
    return 2
  }
  try {
    return await command(args, { env: process.env, stdin: process.stdin }, screen)
  } catch (error) {
    if (error instanceof UsageError) {
      screen.note(`${error.message} See pbstream ${name} --help.`)
      return 2
    }
    if (error instanceof PBStreamError) screen.note(inWords(error))
    else screen.note(error instanceof Failure ? error.message : `It could not be done: ${describe(error)}.`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
