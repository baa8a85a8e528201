import type { AddressInfo } from 'node:net'
import { meter, paid, payment, paywall } from '@pbstream/sdk/fastify'
import fastify from 'fastify'

const app = fastify()
await app.register(paywall) // PB_GATEWAY_URL, and PB_AUDIENCE or PB_SECRET_KEY

app.get('/weather', paid('$0.002'), (request) => ({ weather: 'sunny', paidBy: payment(request).payer }))

// $0.000003 a word, at most $0.01. Schemas and hooks of the route go in as the second argument.
app.post('/shout', paid({ max: '$0.01', unit: '$0.000003' }, { bodyLimit: 100_000 }), (request) => {
  const { text } = request.body as { text: string }
  meter(request, text.split(' ').length)
  return { text: text.toUpperCase() }
})

await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
console.log(`listening on http://localhost:${(app.server.address() as AddressInfo).port}`)
