/** The official SDK of OpenAI, paid per request: the answer streams while it is paid for. */
import { createPayer } from '@pbstream/sdk/client'
import OpenAI from 'openai'

const pay = createPayer({
  key: process.env['PBSTREAM_KEY'] as `0x${string}`,
  budget: { perRequest: '$0.05', total: '$5' },
})
const openai = new OpenAI(pay.openai(process.argv[2] ?? 'http://127.0.0.1:8402/v1'))

const stream = await openai.chat.completions.create({
  model: 'demo',
  stream: true,
  messages: [{ role: 'user', content: 'What is a payment channel?' }],
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
