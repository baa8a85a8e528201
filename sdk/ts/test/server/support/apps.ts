/** The same small service in every framework, on the platform that people run it on. */
import 'reflect-metadata'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { ReadableStream as Streams } from 'node:stream/web'
import { serve } from '@hono/node-server'
import { Body, Controller, Get, Module, Post, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import * as sdkExpress from '@pbstream/sdk/express'
import * as sdkFastify from '@pbstream/sdk/fastify'
import * as sdkHono from '@pbstream/sdk/hono'
import * as sdkNest from '@pbstream/sdk/nest'
import * as sdkServer from '@pbstream/sdk/server'
import express, { type Response as ExpressResponse } from 'express'
import fastify, { type FastifyReply } from 'fastify'
import { Hono } from 'hono'

export type App = { url: string; stop(): Promise<void> }

/** What the test holds in its hands while a handler runs. */
export type Hands = {
  /** Streams send their second chunk when this resolves. */
  go: Promise<void>
  /** How often a handler ran. */
  runs: number
}

export type Start = (options: sdkServer.PaywallOptions, hands: Hands) => Promise<App>

const FLAT = '$0.002'
const METERED = { max: '$0.002' }
const encoder = new TextEncoder()

/** Two chunks, the second when the test says so. */
async function* chunks(hands: Hands): AsyncGenerator<Uint8Array> {
  yield encoder.encode('one,')
  await hands.go
  yield encoder.encode('two')
}

export const frameworks: Record<string, Start> = {
  fetch: async (options, hands) => {
    const { paid } = sdkServer.paywall(options)
    const json = (value: unknown, status = 200) => Response.json(value, { status })
    const routes: Record<string, (request: Request) => Promise<Response>> = {
      '/flat': paid(FLAT, (_, { payment }) => (hands.runs++, json({ payer: payment.payer, content: payment.content }))),
      '/echo': paid(FLAT, async (request) => json(await request.json())),
      '/metered': paid(METERED, (_, { meter }) => (meter(1234), json({}))),
      '/sorry': paid(METERED, (_, { meter }) => (meter(1234), json({}, 404))),
      '/throws': paid(FLAT, () => Promise.reject(new Error('no'))),
      '/stream': paid(FLAT, () => new Response(streamOf(chunks(hands)))),
      '/count': paid(METERED, (_, { meter }) => new Response(counted(hands, meter))),
    }
    const fetch = async (request: Request) => {
      try {
        return (await routes[new URL(request.url).pathname]?.(request)) ?? json({}, 404)
      } catch {
        return json({}, 500)
      }
    }
    return served(serve({ fetch, port: 0, hostname: '127.0.0.1' }) as unknown as Server)
  },

  hono: async (options, hands) => {
    const { meter, paid, payment, paywall } = sdkHono
    const app = new Hono()
    app.use(paywall(options))
    app.get('/flat', paid(FLAT), (c) => {
      hands.runs++
      return c.json({ payer: payment(c).payer, content: payment(c).content })
    })
    app.post('/flat', paid(FLAT), (c) => c.json({ content: payment(c).content }))
    app.post('/echo', paid(FLAT), async (c) => c.json(await c.req.json()))
    app.get('/metered', paid(METERED), (c) => (meter(c, 1234), c.json({})))
    app.get('/sorry', paid(METERED), (c) => (meter(c, 1234), c.json({}, 404)))
    app.get('/throws', paid(FLAT), () => {
      throw new Error('no')
    })
    app.get('/stream', paid(FLAT), (c) => c.body(streamOf(chunks(hands))))
    app.get('/count', paid(METERED), (c) => c.body(counted(hands, (usage) => meter(c, usage))))
    app.onError((_, c) => c.json({}, 500))
    return served(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as unknown as Server)
  },

  express: async (options, hands) => {
    const { meter, paid, payment, paywall } = sdkExpress
    const app = express()
    app.use(paywall(options))
    app.use(express.json())
    app.get('/flat', paid(FLAT), (req, res) => {
      hands.runs++
      res.json({ payer: payment(req).payer, content: payment(req).content })
    })
    app.post('/flat', paid(FLAT), (req, res) => void res.json({ content: payment(req).content }))
    app.post('/echo', paid(FLAT), (req, res) => void res.json(req.body))
    app.get('/metered', paid(METERED), (req, res) => (meter(req, 1234), void res.json({})))
    app.get('/sorry', paid(METERED), (req, res) => (meter(req, 1234), void res.status(404).json({})))
    app.get('/throws', paid(FLAT), () => {
      throw new Error('no')
    })
    app.get('/stream', paid(FLAT), (_, res) => pour(res, chunks(hands)))
    app.get('/count', paid(METERED), (req, res) =>
      pour(
        res,
        countedChunks(hands, (usage) => meter(req, usage)),
      ),
    )
    const failed: express.ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).json({})
    app.use(failed)
    return listening(createServer(app))
  },

  fastify: async (options, hands) => {
    const { meter, paid, payment, paywall } = sdkFastify
    const app = fastify()
    await app.register(paywall, options)
    app.get('/flat', paid(FLAT), (request) => {
      hands.runs++
      return { payer: payment(request).payer, content: payment(request).content }
    })
    app.post('/flat', paid(FLAT), (request) => ({ content: payment(request).content }))
    app.post('/echo', paid(FLAT), (request) => request.body)
    app.get('/metered', paid(METERED), (request) => (meter(request, 1234), {}))
    app.get('/sorry', paid(METERED), (request, reply) => (meter(request, 1234), reply.code(404).send({})))
    app.get('/throws', paid(FLAT), () => {
      throw new Error('no')
    })
    app.get('/stream', paid(FLAT), (_, reply) => reply.send(through(chunks(hands))))
    app.get('/count', paid(METERED), (request, reply) =>
      reply.send(through(countedChunks(hands, (usage) => meter(request, usage)))),
    )
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, stop: () => (app.server.closeAllConnections(), app.close()) }
  },

  nest: (options, hands) => {
    const { Meter, Paid } = sdkNest
    @Controller()
    class Service extends nestService(hands) {
      @Get('sorry')
      @Paid(METERED)
      sorry(@Meter() meter: sdkNest.Meter, @Res() res: ExpressResponse) {
        meter(1234)
        res.status(404).json({})
      }
      @Get('stream')
      @Paid(FLAT)
      stream(@Res() res: ExpressResponse) {
        return pour(res, chunks(hands))
      }
      @Get('count')
      @Paid(METERED)
      count(@Meter() meter: sdkNest.Meter, @Res() res: ExpressResponse, @Req() _req: unknown) {
        return pour(res, countedChunks(hands, meter))
      }
    }
    return nest(options, Service, new ExpressAdapter())
  },

  'nest on fastify': (options, hands) => {
    const { Meter, Paid } = sdkNest
    @Controller()
    class Service extends nestService(hands) {
      @Get('sorry')
      @Paid(METERED)
      async sorry(@Meter() meter: sdkNest.Meter, @Res() reply: FastifyReply) {
        meter(1234)
        await reply.code(404).send({})
      }
      @Get('stream')
      @Paid(FLAT)
      async stream(@Res() reply: FastifyReply) {
        await reply.send(through(chunks(hands)))
      }
      @Get('count')
      @Paid(METERED)
      async count(@Meter() meter: sdkNest.Meter, @Res() reply: FastifyReply) {
        await reply.send(through(countedChunks(hands, meter)))
      }
    }
    return nest(options, Service, new FastifyAdapter())
  },
}

/** What a service in Nest is on either platform. */
function nestService(hands: Hands) {
  const { Meter, Paid, Payment } = sdkNest
  class Service {
    @Get('flat')
    @Paid(FLAT)
    flat(@Payment() payment: sdkNest.Payment) {
      hands.runs++
      return { payer: payment.payer, content: payment.content }
    }
    @Post('flat')
    @Paid(FLAT)
    posted(@Payment() payment: sdkNest.Payment) {
      return { content: payment.content }
    }
    @Post('echo')
    @Paid(FLAT)
    echo(@Body() body: unknown) {
      return body
    }
    @Get('metered')
    @Paid(METERED)
    metered(@Meter() meter: sdkNest.Meter) {
      meter(1234)
      return {}
    }
    @Get('throws')
    @Paid(FLAT)
    throws() {
      throw new Error('no')
    }
  }
  return Service
}

async function nest(
  options: sdkServer.PaywallOptions,
  service: new () => object,
  platform: ExpressAdapter | FastifyAdapter,
): Promise<App> {
  @Module({ imports: [sdkNest.PaywallModule.forRoot(options)], controllers: [service] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, platform, { rawBody: true, logger: false })
  await app.listen(0, '127.0.0.1')
  const server = app.getHttpServer() as Server
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => (server.closeAllConnections(), app.close()) }
}

/** 700 units with the first chunk, 300 with the second. */
async function* countedChunks(hands: Hands, meter: (usage: number) => void): AsyncGenerator<Uint8Array> {
  let next = 700
  for await (const chunk of chunks(hands)) {
    meter(next)
    next = 300
    yield chunk
  }
}

function counted(hands: Hands, meter: (usage: number) => void): ReadableStream {
  return streamOf(countedChunks(hands, meter))
}

function streamOf(from: AsyncIterable<Uint8Array>): ReadableStream {
  return Streams.from(from) as unknown as ReadableStream
}

async function pour(res: ExpressResponse, from: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of from) res.write(chunk)
  res.end()
}

function through(from: AsyncIterable<Uint8Array>): PassThrough {
  const out = new PassThrough()
  const run = async () => {
    for await (const chunk of from) out.write(chunk)
    out.end()
  }
  void run()
  return out
}

async function listening(server: Server): Promise<App> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return served(server)
}

async function served(server: Server): Promise<App> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
