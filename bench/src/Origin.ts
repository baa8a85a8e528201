/** What every server under test sells: a small JSON answer, made as cheaply as can be. */
export const answerBody = '{"city":"Zürich","celsius":7,"sky":"low cloud"}'

/** Events of the stream, and the pause between them. */
const events = 5
const pauseMs = 10

/**
 * The upstream behind the gateway, a Worker bound as a service: `/sse` streams a few events, every other path answers
 * `answerBody`.
 */
export const originScript = `
const answer = ${JSON.stringify(answerBody)}
const encoder = new TextEncoder()

function stream() {
  const { readable, writable } = new TransformStream()
  const write = async () => {
    const writer = writable.getWriter()
    for (let i = 0; i < ${events}; i++) {
      await writer.write(encoder.encode('data: ' + i + '\\n\\n'))
      await new Promise((done) => setTimeout(done, ${pauseMs}))
    }
    await writer.close()
  }
  return { readable, write }
}

export default {
  async fetch(request, env, context) {
    if (!request.url.endsWith('/sse')) return new Response(answer, { headers: { 'content-type': 'application/json' } })
    const { readable, write } = stream()
    context.waitUntil(write())
    return new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
  },
}
`
