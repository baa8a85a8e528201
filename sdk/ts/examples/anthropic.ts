/** The official SDK of Anthropic, paid per request. */
import Anthropic from '@anthropic-ai/sdk'
import { createPayer } from '@pbstream/sdk/client'

const pay = createPayer({
  key: process.env['PBSTREAM_KEY'] as `0x${string}`,
  budget: { perRequest: '$0.05', total: '$5' },
})
const anthropic = new Anthropic(pay.anthropic(process.argv[2] ?? 'http://127.0.0.1:8402'))

const message = await anthropic.messages.create({
  model: 'demo',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'What is a payment channel?' }],
})
for (const block of message.content) if (block.type === 'text') process.stdout.write(block.text)
