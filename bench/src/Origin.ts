/** What every server under test sells: a small JSON answer, made as cheaply as can be. */
export const answerBody = '{"city":"Zürich","celsius":7,"sky":"low cloud"}'

/** Events of the long stream, in the words of a chat model, as fast as they are taken. */
export const chunks = 1000

/** Events of the short stream, and the pause between them. */
const events = 5
const pauseMs = 10

/**
 * The upstream behind the gateway, a Worker bound as a service: `/sse` streams a few events, `/chunks` many, every other
 * path answers `answerBody`.
 */
export const originScript = `
const answer = ${JSON.stringify(answerBody)}
const encoder = new TextEncoder()
const choice = { index: 0, delta: { content: ' word' }, finish_reason: null }
const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] }
const delta = encoder.encode('data: ' + JSON.stringify(chunk) + '\\n\\n')

function stream(isLong) {
  const { readable, writable } = new TransformStream()
  const write = async () => {
    const writer = writable.getWriter()
    for (let i = 0; i < (isLong ? ${chunks} : ${events}); i++) {
      await writer.write(isLong ? delta : encoder.encode('data: ' + i + '\\n\\n'))
      if (!isLong) await new Promise((done) => setTimeout(done, ${pauseMs}))
    }
    await writer.close()
  }
  return { readable, write }
}

export default {
  async fetch(request, env, context) {
    const isLong = request.url.endsWith('/chunks')
    if (!isLong && !request.url.endsWith('/sse'))
      return new Response(answer, { headers: { 'content-type': 'application/json' } })
    const { readable, write } = stream(isLong)
    context.waitUntil(write())
    return new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
  },
}
`
