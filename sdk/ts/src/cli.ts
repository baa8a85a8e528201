#!/usr/bin/env node
/** `pbstream`: what a provider or a payer needs to get at its money when nobody else is there. */
import { claimCommand } from './claimCommand.ts'
import { exportCommand } from './exportCommand.ts'
import { describe, Failure, UsageError } from './Failure.ts'
import type { Environment } from './Options.ts'
import type { Screen } from './Screen.ts'
import { withdrawCommand } from './withdrawCommand.ts'

const help = `Usage: pbstream COMMAND [options]

  export    fetch the vouchers of a receiver from the control Worker
  claim     claim exported vouchers on chain and have them paid out
  withdraw  take a payer's money out of its channels

claim and withdraw need an RPC endpoint and a key, and nobody's server. pbstream COMMAND --help says how.`

const commands: Record<string, (args: string[], at: Environment, screen: Screen) => Promise<number>> = {
  export: exportCommand,
  claim: claimCommand,
  withdraw: withdrawCommand,
}

const screen: Screen = {
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
}

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
    screen.note(error instanceof Failure ? error.message : `It could not be done: ${describe(error)}.`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
