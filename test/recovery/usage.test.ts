// Called wrongly, a command ends with 2 and a sentence that says what to do; it never repeats a key.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toJson } from '@pbstream/core/VoucherExport'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pbstream } from './support/pbstream.ts'

const key = `0x${'5e'.repeat(32)}`
const receiver = `0x${'ac'.repeat(20)}` as const
let directory: string
/** Answers every request with 500. */
let broken: Server
const file = (name: string) => join(directory, name)
const rpc = () => `http://127.0.0.1:${(broken.address() as AddressInfo).port}/secret-of-the-endpoint`

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-usage-'))
  const empty = toJson({ v: 1, exportedAt: '', receiver, channels: [] })
  const files = {
    'export.json': JSON.stringify(empty),
    'page.json': JSON.stringify({ ...empty, next: `0x${'01'.repeat(32)}` }),
    'newer.json': JSON.stringify({ ...empty, v: 2 }),
    'text.json': 'text',
    'short.key': '0x1234',
    'good.key': key,
  }
  for (const [name, content] of Object.entries(files)) await writeFile(file(name), content)
  broken = createServer((_, response) => response.writeHead(500).end())
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  broken.close()
  await rm(directory, { recursive: true, force: true })
})

describe('pbstream ends with 2', () => {
  const cases: [string, () => string[], RegExp][] = [
    ['without a command', () => [], /Usage: pbstream COMMAND/],
    ['for a command that there is not', () => ['steal'], /Usage: pbstream COMMAND/],
    ['claim without a file', () => ['claim', '--rpc', rpc()], /Say which export: --file/],
    [
      'claim of a file that is not there',
      () => ['claim', '--file', 'no.json', '--rpc', rpc()],
      /no\.json cannot be read/,
    ],
    ['claim of something else', () => ['claim', '--file', file('text.json'), '--rpc', rpc()], /text\.json is not JSON/],
    [
      'claim of a later version',
      () => ['claim', '--file', file('newer.json'), '--rpc', rpc()],
      /v: not an export of version 1/,
    ],
    ['claim of one page', () => ['claim', '--file', file('page.json'), '--rpc', rpc()], /first page of several/],
    ['claim without an endpoint', () => ['claim', '--file', file('export.json')], /Say which chain: --rpc/],
    [
      'claim at no URL',
      () => ['claim', '--file', file('export.json'), '--rpc', 'base'],
      /--rpc is not an http\(s\) URL/,
    ],
    [
      'claim without a key',
      () => ['claim', '--file', file('export.json'), '--rpc', rpc()],
      /Give the private key as a file/,
    ],
    [
      'claim with half a key',
      () => ['claim', '--file', file('export.json'), '--rpc', rpc(), '--key-file', file('short.key')],
      /not 32 bytes of hex/,
    ],
    ['claim with a key as an option', () => ['claim', '--key', key], /Never as an argument/],
    ['claim with a key in an option', () => ['claim', `--key=${key}`], /Never as an argument/],
    ['claim with a key as a word', () => ['claim', key], /a word without an option/],
    [
      'claim with a chain that is no number',
      () => ['claim', '--file', file('export.json'), '--rpc', rpc(), '--chain', 'base'],
      /--chain is not a whole number/,
    ],
    ['export from nowhere', () => ['export'], /Say where the control Worker answers/],
    ['export of nobody', () => ['export', '--url', rpc(), '--text'], /Say whose vouchers/],
    ['export with half a proof', () => ['export', '--url', rpc(), '--signature', '0x12'], /belong together/],
    [
      'export for another than the key',
      () => ['export', '--url', rpc(), '--receiver', receiver, '--key-file', file('good.key')],
      /not that of --receiver/,
    ],
    ['withdraw from nothing', () => ['withdraw', '--rpc', rpc()], /Say which channel/],
    [
      'withdraw from no config',
      () => ['withdraw', '--rpc', rpc(), '--channel', file('export.json')],
      /names no channel/,
    ],
    [
      'withdraw of an amount that is none',
      () => ['withdraw', '--rpc', rpc(), '--channel', file('export.json'), '--amount', '1.5'],
      /--amount is not an amount/,
    ],
    [
      'withdraw to be finalised with an amount',
      () => ['withdraw', '--rpc', rpc(), '--channel', 'x', '--amount', '1', '--finalize'],
      /belongs to the first step/,
    ],
    [
      'withdraw in no contract',
      () => ['withdraw', '--rpc', rpc(), '--find', '--contract', '0x12'],
      /--contract is not an address/,
    ],
    ['withdraw of nobody', () => ['withdraw', '--rpc', rpc(), '--find'], /Say whose channels/],
    ['an option that there is not', () => ['withdraw', '--force'], /The option --force is not understood/],
  ]
  test.each(cases)('for %s', async (_, args, sentence) => {
    const ended = await pbstream(args())
    expect([ended.code, ended.out]).toEqual([2, ''])
    expect(ended.err).toMatch(sentence)
    expect(ended.err).not.toContain('5e5e5e')
    expect(ended.err).not.toContain('secret-of-the-endpoint')
  })
})

test.each(['claim', 'export', 'withdraw'])('pbstream %s --help ends with 0', async (command) => {
  const ended = await pbstream([command, '--help'])
  expect([ended.code, ended.err]).toEqual([0, ''])
  expect(ended.out).toContain(`Usage: pbstream ${command}`)
})

test('an endpoint that does not answer is a failure, and its address is not shown', async () => {
  const ended = await pbstream(['claim', '--file', file('export.json'), '--rpc', rpc(), '--key-file', file('good.key')])
  expect([ended.code, ended.out]).toEqual([1, ''])
  expect(ended.err).toContain('the RPC endpoint does not answer as it should')
  expect(ended.err).not.toContain('secret-of-the-endpoint')
})

test('a server that is no control Worker is a failure', async () => {
  const ended = await pbstream(['export', '--url', rpc(), '--key-file', file('good.key')])
  expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('answered 500: Is it the control Worker?')])
})
