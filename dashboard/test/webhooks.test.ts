import { readFileSync } from 'node:fs'
import { webhookEvents } from '@pbstream/core/message/Webhook'
import { describe, expect, it } from 'vitest'
import { ALL, isEvent } from '../src/pages/webhooks/Events.ts'
import { EXAMPLE } from '../src/pages/webhooks/Example.ts'
import { pretty } from '../src/pages/webhooks/Pretty.ts'

it('every event of the service can be chosen, once', () => {
  expect(ALL.toSorted()).toEqual([...webhookEvents].toSorted())
})

it.each(['*', 'deposit.received'])('%s is an event', (name) => {
  expect(isEvent(name)).toBe(true)
})

it('the example of the page is that of the documentation', () => {
  const docs = readFileSync(new URL('../../docs/sdk/webhooks.md', import.meta.url), 'utf8')
  expect(docs).toContain(`\`\`\`ts\n${EXAMPLE}\`\`\``)
})

describe('a payload for reading', () => {
  it('gets line breaks', () => {
    expect(pretty('{"a":"1"}')).toBe('{\n  "a": "1"\n}')
  })

  it.each(['{"a":12345678901234567890}', '<script>alert(1)</script>', '', '{ "a": 1 }'])(
    '%j stays as it is',
    (text) => {
      expect(pretty(text)).toBe(text)
    },
  )
})
