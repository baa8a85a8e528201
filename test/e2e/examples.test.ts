// The quick starts of docs/sdk for the SDKs of OpenAI and Anthropic, run as they are shown.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '@pbstream/local/Bundle'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../support/Stack.ts'

const run = promisify(execFile)
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/v1/chat/completions' }, { path: '/v1/messages' }] })
})
afterAll(() => stack?.stop())

/** What an example prints when it calls `url`, and how many calls the provider's server got. */
async function example(name: string, url: string, path: string) {
  const { key } = await stack.payer()
  const env = { PATH: process.env.PATH ?? '', PBSTREAM_KEY: key }
  const { stdout } = await run(process.execPath, [join(root, 'sdk/ts/examples', name), url], { env })
  return { stdout, calls: stack.upstream.calls(path) }
}

test('openai.ts streams an answer that is paid for once', async () => {
  stack.upstream.on('/v1/chat/completions', (_, response) => {
    const send = (content: string) => {
      const choices = [{ index: 0, delta: { content }, finish_reason: null }]
      response.write(
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'demo', choices })}\n\n`,
      )
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send('A promise ')
    send('in small steps.')
    response.end('data: [DONE]\n\n')
  })
  const ended = await example('openai.ts', `${stack.gateway}/v1`, '/v1/chat/completions')
  expect(ended).toEqual({ stdout: 'A promise in small steps.', calls: 1 })
})

test('anthropic.ts prints an answer that is paid for once', async () => {
  stack.upstream.on('/v1/messages', (_, response) => {
    const content = [{ type: 'text', text: 'A promise in small steps.' }]
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'demo', content, stop_reason: 'end_turn' }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message))
  })
  const ended = await example('anthropic.ts', stack.gateway, '/v1/messages')
  expect(ended).toEqual({ stdout: 'A promise in small steps.', calls: 1 })
})
