// The built tool on the whole system: it pays, shows what it has paid, closes, freezes, and looks at servers.
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { type OfficialServer, startOfficialServer } from './support/OfficialServer.ts'
import { Terminal } from './support/Terminal.ts'

let stack: Stack
let official: OfficialServer
let terminal: Terminal

beforeAll(async () => {
  stack = await startStack({
    routes: [{ path: '/weather' }, { path: '/stream' }, { path: '/echo' }, { path: '/down' }],
  })
  official = await startOfficialServer(stack.system.urls.settlement, addressOf(stack.keys.provider))
  terminal = await Terminal.open({ PBSTREAM_RPC: stack.chain.rpcUrl })
})
afterAll(async () => {
  await terminal?.close()
  await official?.stop()
  await stack?.stop()
})
beforeEach(() => terminal.move())

/** A key of the store with money. */
async function agent(name = 'agent') {
  const address = await terminal.newKey(name)
  await stack.chain.fund([address])
  return { address, curl: (...args: string[]) => terminal.run(['curl', '--as', name, ...args]) }
}

describe('pbstream keys', () => {
  test('makes keys that only their owner can read, and shows no secret unasked', async () => {
    const made = await terminal.run(['keys', 'new', 'agent'])
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^agent {2}0x[0-9a-f]{40} {2}/)])
    const file = join(terminal.home, 'keys/agent.key')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const key = (await readFile(file, 'utf8')).trim()
    const listed = await terminal.run(['keys', 'list', '--json'])
    const shown = await terminal.run(['keys', 'show', 'agent'])
    for (const { out, err } of [made, listed, shown]) expect(out + err).not.toContain(key.slice(2))
    const asked = await terminal.run(['keys', 'show', 'agent', '--secret'])
    expect([asked.out.includes(key), asked.err]).toEqual([true, expect.stringContaining('can spend')])
  })

  test('never overwrites one', async () => {
    await terminal.newKey('agent')
    const file = join(terminal.home, 'keys/agent.key')
    const before = await readFile(file, 'utf8')
    const again = await terminal.run(['keys', 'new', 'agent'])
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('There is a key agent already')])
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  test('uses none that others can read', async () => {
    const { curl } = await agent()
    await chmod(join(terminal.home, 'keys/agent.key'), 0o644)
    const ended = await curl(`${stack.gateway}/weather`)
    expect([ended.code, ended.out, ended.err]).toEqual([1, '', expect.stringContaining('chmod 600')])
  })

  test.each([['../agent'], ['a/b'], ['.hidden'], ['']])('takes no name such as %j', async (name) => {
    const ended = await terminal.run(['keys', 'new', name])
    expect([ended.code, ended.out]).toEqual([2, ''])
  })
})

describe('pbstream curl', () => {
  test('pays, and says what it cost on stderr', async () => {
    const { curl } = await agent()
    const first = await curl(`${stack.gateway}/weather`)
    expect([first.code, first.out]).toEqual([0, '{"ok":true}'])
    expect(first.err).toMatch(/^paid 0\.001 USDC \(1000 atomic units\)/m)
    expect(first.err).toMatch(/^receipt eyJ[\w-]+\.[\w-]{300,}\.[\w-]{86}$/m)
  })

  test('goes on from the state of the call before: one deposit, exact totals', async () => {
    const { curl, address } = await agent()
    const before = await stack.usdc(address)
    await curl(`${stack.gateway}/weather`)
    const deposited = before - (await stack.usdc(address))
    for (let i = 0; i < 3; i++) expect((await curl(`${stack.gateway}/weather`)).code).toBe(0)
    expect(before - (await stack.usdc(address))).toBe(deposited)
    // For some seconds a lease may hold more.
    await until('four calls are charged', async () => {
      const { out } = await terminal.run(['sessions', 'list', '--json'])
      const { channels } = JSON.parse(out) as { channels: { charged: string }[] }
      return channels[0]?.charged === '4000'
    })
  })

  test('sends method, headers and body, and writes the body to a file', async () => {
    stack.upstream.on('/echo', ({ method, headers, body }, response) => {
      response.end(JSON.stringify({ method, language: headers['accept-language'], body }))
    })
    const { curl } = await agent()
    const out = join(terminal.home, 'answer.json')
    const ended = await curl(`${stack.gateway}/echo`, '-d', '{"a":1}', '-H', 'accept-language: zh', '-o', out)
    expect([ended.code, ended.out]).toEqual([0, ''])
    expect(JSON.parse(await readFile(out, 'utf8'))).toEqual({ method: 'POST', language: 'zh', body: '{"a":1}' })
  })

  test('prints a stream as it comes', async () => {
    let finish = () => {}
    stack.upstream.on('/stream', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
      finish = () => response.end('data: last\n\n')
    })
    await agent()
    const child = terminal.start(['curl', '--as', 'agent', `${stack.gateway}/stream`])
    child.stdin.end()
    const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    // The upstream ends only after the first chunk was printed.
    const first = await chunks.next()
    expect(String(first.value)).toBe('data: first\n\n')
    finish()
    expect(String((await chunks.next()).value)).toBe('data: last\n\n')
    expect((await chunks.next()).done).toBe(true)
  })

  test('with --dry-run says what it would cost; nobody needs a key, and nothing is called', async () => {
    const calls = stack.upstream.calls('/weather')
    const ended = await terminal.run(['curl', '--dry-run', `${stack.gateway}/weather`])
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(ended.out).toContain('0.001 USDC (1000 atomic units) by batch-settlement on eip155:84532')
    const dear = await terminal.run(['curl', '--dry-run', '--max-price', '999', `${stack.gateway}/weather`])
    expect([dear.code, dear.out]).toEqual([1, expect.stringContaining('above --max-price')])
    expect(stack.upstream.calls('/weather')).toBe(calls)
  })

  test('signs nothing above --max-price', async () => {
    const { curl, address } = await agent()
    const before = await stack.usdc(address)
    const calls = stack.upstream.calls('/weather')
    const ended = await curl(`${stack.gateway}/weather`, '--max-price', '$0.0009')
    expect([ended.code, ended.out, ended.err]).toEqual([1, '', expect.stringContaining('budget')])
    expect([await stack.usdc(address), stack.upstream.calls('/weather')]).toEqual([before, calls])
  })

  test('ends with 1 when the answer is no success, which costs nothing', async () => {
    stack.upstream.on('/down', (_, response) => void response.writeHead(503).end('down'))
    const { curl } = await agent()
    const ended = await curl(`${stack.gateway}/down`)
    expect([ended.code, ended.out, ended.err]).toEqual([1, 'down', expect.not.stringContaining('paid')])
  })

  test('with --json prints one object', async () => {
    const { curl } = await agent()
    const ended = await curl(`${stack.gateway}/weather`, '--json')
    expect(ended.json()).toMatchObject({ status: 200, body: '{"ok":true}', paid: { amount: '1000' } })
  })

  test('with -v shows the wire without what pays', async () => {
    const { curl } = await agent()
    await curl(`${stack.gateway}/weather`)
    const ended = await curl(`${stack.gateway}/weather`, '-v')
    expect(ended.err).toMatch(/^> GET \/weather$/m)
    expect(ended.err).toMatch(/^< 200/m)
    expect(ended.err).not.toMatch(/^> (?:payment-signature|pbstream-session|signature): (?!\(\d+ characters\)$)/m)
  })

  test.each<[string, string[], RegExp]>([
    ['without an address', [], /Say what to call/],
    ['at no address', ['weather'], /an http\(s\) URL/],
    ['without a key', ['https://api.example/'], /Say who pays: --as NAME/],
    ['with a key as an option', ['https://api.example/', '--key', `0x${'5e'.repeat(32)}`], /Never as an argument/],
    ['with a password in the address', ['https://me:secret@api.example/'], /The URL holds a password/],
    ['with a price that is none', ['https://api.example/', '--max-price', 'cheap'], /--max-price is not a price/],
    ['with a header of the tool', ['https://api.example/', '-H', 'PBStream-Session: x'], /is set by the tool/],
    ['for a method with a body it has not', ['https://api.example/', '-X', 'GET', '-d', 'x'], /A GET has no body/],
  ])('ends with 2 %s', async (_, args, sentence) => {
    const ended = await terminal.run(['curl', ...args])
    expect([ended.code, ended.out, ended.err]).toEqual([2, '', expect.stringMatching(sentence)])
    expect(ended.err).not.toMatch(/5e5e5e|secret@/)
  })
})

describe('pbstream sessions', () => {
  test('shows what was paid, and brings back what is left', async () => {
    const { curl, address } = await agent()
    const before = await stack.usdc(address)
    await curl(`${stack.gateway}/weather`)
    const viewed = await terminal.run(['sessions', 'view', stack.gateway, '--as', 'agent'])
    expect([viewed.code, viewed.out]).toEqual([0, expect.stringContaining('charged 0.001 USDC')])
    const closed = await terminal.run(['sessions', 'close', stack.gateway, '--refund', '--as', 'agent'])
    expect([closed.code, closed.out]).toEqual([0, expect.stringContaining('went back')])
    expect(before - (await stack.usdc(address))).toBe(1000n)
  })

  test('says where there is nothing', async () => {
    await agent()
    const ended = await terminal.run(['sessions', 'view', 'https://other.example', '--as', 'agent'])
    expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('has paid nothing there')])
  })

  test('freezes a session key by the API key of its owner; nothing is charged from then on', async () => {
    const owner = await Owner.signIn(stack)
    await stack.chain.fund([owner.address])
    const key = await terminal.newKey('robot')
    await owner.call('POST', '/session-keys', { body: terms(stack, { key }) })
    const wallet = join(terminal.home, 'wallet.key')
    await writeFile(wallet, owner.key, { mode: 0o600 })
    const pay = ['curl', `${stack.gateway}/weather`, '--key-file', wallet, '--session-key', 'robot']
    expect((await terminal.run(pay)).code).toBe(0)

    const freeze = ['sessions', 'freeze', 'robot', '--url', stack.system.urls.control, '--test', '--key-file', wallet]
    const frozen = await terminal.run(freeze)
    expect([frozen.code, frozen.out]).toEqual([0, expect.stringMatching(/is (?:frozen|freezing)/)])
    const after = await terminal.run(pay)
    expect([after.code, after.out + after.err]).toEqual([1, expect.stringContaining('session_key_frozen')])
  })

  test('freezes nobody else’s key', async () => {
    const owner = await Owner.signIn(stack)
    const made = await owner.call('POST', '/session-keys', { body: terms(stack, { key: addressOf(secret()) }) })
    const id = String(made.json['id'])
    const freeze = ['sessions', 'freeze', id, '--url', stack.system.urls.control, '--test']
    const ended = await terminal.run(freeze, { env: { PBSTREAM_KEY: secret() } })
    expect([ended.code, ended.out, ended.err]).toEqual([1, '', expect.stringContaining('answered 404')])
    expect((await owner.call('GET', `/session-keys/${id}`)).json).toMatchObject({ status: 'active' })
  })
})

describe('pbstream validate', () => {
  test('finds nothing wrong with the gateway, paid and unpaid', async () => {
    await agent()
    const ended = await terminal.run(['validate', `${stack.gateway}/weather`, '--pay', '--as', 'agent', '--json'])
    const { ok, checks } = ended.json() as unknown as { ok: boolean; checks: { name: string; status: string }[] }
    expect(checks.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
    expect([ended.code, ok]).toEqual([0, true])
    const passed = checks.filter(({ status }) => status === 'pass').map(({ name }) => name)
    expect(passed).toEqual(
      expect.arrayContaining([
        'status',
        'offer',
        'quote',
        'session',
        'wrong-forged',
        'wrong-unfunded',
        'paid',
        'receipt',
      ]),
    )
  })

  test('looks at the official server of x402 as well, and pays it', async () => {
    await agent()
    const ended = await terminal.run(['validate', `${official.url}/paid`, '--pay', '--as', 'agent', '--json'])
    const { checks } = ended.json() as unknown as { checks: { name: string; status: string }[] }
    const passed = checks.filter(({ status }) => status === 'pass').map(({ name }) => name)
    expect(passed).toEqual(
      expect.arrayContaining(['status', 'offer', 'offer-1', 'wrong-forged', 'wrong-unfunded', 'paid']),
    )
  })

  test('says in words what is wrong with an address that asks for no money', async () => {
    const ended = await terminal.run(['validate', stack.upstream.url])
    expect([ended.code, ended.err]).toEqual([1, ''])
    expect(ended.out).toContain('fail  status')
    expect(ended.out).toContain('Put the paywall before this address')
  })
})
