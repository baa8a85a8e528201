/** A service that answers every call with a stream of events, one every `everyMs`, and the words `event: end` at its end. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Settings = { port: number; events: number; everyMs: number }
const { port, events, everyMs } = JSON.parse(process.argv[2] ?? '') as Settings

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sent = 0
  const timer = setInterval(() => {
    if (++sent < events) return void response.write(`data: ${sent}\n\n`)
    clearInterval(timer)
    response.end('event: end\ndata: all\n\n')
  }, everyMs)
  response.write('event: begin\ndata: 0\n\n')
  response.on('close', () => clearInterval(timer))
})
server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })))
process.stdin.resume().once('end', () => process.exit())
