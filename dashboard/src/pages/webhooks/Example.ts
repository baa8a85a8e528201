/** The example of docs/sdk/webhooks.md: how a server checks the signature. A test holds the two against each other. */
export const EXAMPLE = `import { serve } from '@hono/node-server'
import { verifyWebhook, WebhookVerificationError } from '@pbstream/sdk/webhooks'
import { Hono } from 'hono'

const app = new Hono()
const seen = new Set<string>()

// PB_WEBHOOK_SECRET
app.post('/webhooks', async (c) => {
  try {
    const event = await verifyWebhook(c.req.raw)
    // The same delivery may come again: do nothing the second time.
    if (!seen.has(event.id) && event.type === 'settlement.confirmed') console.log('paid out', event.data)
    seen.add(event.id)
    return c.body(null, 204)
  } catch (error) {
    if (error instanceof WebhookVerificationError) return c.text(error.message, 400)
    throw error
  }
})

serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000) }, ({ port }) => {
  console.log(\`listening on http://localhost:\${port}\`)
})
`
