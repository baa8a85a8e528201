import type { AddressInfo } from 'node:net'
import { meter, paid, payment, paywall } from '@pbstream/sdk/express'
import express from 'express'

const app = express()
app.use(paywall()) // PB_GATEWAY_URL, and PB_AUDIENCE or PB_SECRET_KEY; before the parser of bodies
app.use(express.json())

app.get('/weather', paid('$0.002'), (req, res) => {
  res.json({ weather: 'sunny', paidBy: payment(req).payer })
})

// $0.000003 a word, at most $0.01.
app.post('/shout', paid({ max: '$0.01', unit: '$0.000003' }), (req, res) => {
  const { text } = req.body as { text: string }
  meter(req, text.split(' ').length)
  res.json({ text: text.toUpperCase() })
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`)
})
