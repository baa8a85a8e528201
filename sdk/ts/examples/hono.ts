import { serve } from '@hono/node-server'
import { meter, paid, payment, paywall } from '@pbstream/sdk/hono'
import { Hono } from 'hono'

const app = new Hono()
app.use(paywall()) // PB_GATEWAY_URL, and PB_AUDIENCE or PB_SECRET_KEY

app.get('/weather', paid('$0.002'), (c) => c.json({ weather: 'sunny', paidBy: payment(c).payer }))

// $0.000003 a word, at most $0.01.
app.post('/shout', paid({ max: '$0.01', unit: '$0.000003' }), async (c) => {
  const { text } = await c.req.json<{ text: string }>()
  meter(c, text.split(' ').length)
  return c.json({ text: text.toUpperCase() })
})

serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`)
})
