import { paid } from '@pbstream/sdk/server'

// PB_GATEWAY_URL, and PB_AUDIENCE or PB_SECRET_KEY: variables of the Worker, or of the process.
const weather = paid('$0.002', (_request, { payment }) => {
  return Response.json({ weather: 'sunny', paidBy: payment.payer })
})

// $0.000003 a word, at most $0.01.
const shout = paid({ max: '$0.01', unit: '$0.000003' }, async (request, { meter }) => {
  const { text } = (await request.json()) as { text: string }
  meter(text.split(' ').length)
  return Response.json({ text: text.toUpperCase() })
})

export default {
  fetch(request: Request, env: object, context: object): Response | Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/weather' && request.method === 'GET') return weather(request, env, context)
    if (pathname === '/shout' && request.method === 'POST') return shout(request, env, context)
    return new Response('not found', { status: 404 })
  },
}
