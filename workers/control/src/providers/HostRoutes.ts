/** `/upstream-hosts`: an owner shows that a host is his, before calls may go there. */
import * as Hosts from '@pbstream/db/ProvidersHosts'
import { newId } from '../api/Ids.ts'
import { operation } from '../api/Operation.ts'
import { page, pageOf, pageQuery } from '../api/Page.ts'
import { answer, json, time, z } from '../api/Parts.ts'
import { type Api, type ApiContext, callerOf } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { judged, whoOf } from './Making.ts'
import { gate } from './Origins.ts'
import { shows, VERIFICATION_PATH } from './Verification.ts'

const TAGS = ['Upstream hosts']

const Host = z
  .object({
    host: z.string().openapi({ example: 'api.example.com' }),
    token: z.string().openapi({ description: `The text to serve at ${VERIFICATION_PATH} of the host.` }),
    verifiedAt: time.nullable(),
    createdAt: time,
  })
  .openapi('UpstreamHost')

const NewHost = z
  .strictObject({ host: z.string().min(1).max(260).openapi({ example: 'api.example.com' }) })
  .openapi('NewUpstreamHost')

const hostParam = z.object({ host: z.string().openapi({ param: { name: 'host', in: 'path' } }) })

const list = operation({
  method: 'get',
  path: '/upstream-hosts',
  operationId: 'listUpstreamHosts',
  summary: 'Hosts that you named, and whether you showed that they are yours',
  tags: TAGS,
  access: 'providers:read',
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(pageOf(Host), 'A page of hosts.') },
})

const add = operation({
  method: 'post',
  path: '/upstream-hosts',
  operationId: 'addUpstreamHost',
  summary: 'Name a host, with its port if it is not 443, and get the token to show there',
  tags: TAGS,
  access: 'providers:write',
  request: { body: json(NewHost) },
  responses: { 201: answer(Host, 'The host.') },
})

const get = operation({
  method: 'get',
  path: '/upstream-hosts/{host}',
  operationId: 'getUpstreamHost',
  summary: 'One host',
  tags: TAGS,
  access: 'providers:read',
  request: { params: hostParam },
  responses: { 200: answer(Host, 'The host.') },
})

const verify = operation({
  method: 'post',
  path: '/upstream-hosts/{host}/verify',
  operationId: 'verifyUpstreamHost',
  summary: 'Have the token read now',
  tags: TAGS,
  access: 'providers:write',
  request: { params: hostParam },
  responses: { 200: answer(Host, 'The host, verified.') },
})

export function hostRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const shown = await page(
      c,
      c.req.valid('query'),
      (after, limit) => Hosts.hostsOf(c.var.database, callerOf(c), String(after?.[0] ?? ''), limit),
      (row) => [row.host],
      show,
    )
    return c.json(shown, 200)
  })

  api.openapi(add, async (c) => {
    const { host } = gate(c, urlOf(c, c.req.valid('json').host))
    // Nobody can guess it, and a repeat of the request gets the same.
    const token = `pbstream-verification=${await newId(c, 'host')}`
    const row = await judged(() => Hosts.addHost(c.var.database, whoOf(c), host, token))
    return c.json(show(row), 201)
  })

  api.openapi(get, async (c) => {
    const row = await judged(() => Hosts.hostOf(c.var.database, callerOf(c), c.req.valid('param').host))
    return c.json(show(row), 200)
  })

  api.openapi(verify, async (c) => {
    const { database } = c.var
    const row = await judged(() => Hosts.hostOf(database, callerOf(c), c.req.valid('param').host))
    const url = gate(c, urlOf(c, row.host))
    if (row.verifiedAt === null && !(await shows(url, row.token))) throw new Refusal('verification_failed')
    return c.json(show(await judged(() => Hosts.confirmHost(database, whoOf(c), row.host, row.token))), 200)
  })
}

function urlOf(c: ApiContext, host: string): string {
  return `${c.env.INSECURE_UPSTREAMS === 'true' ? 'http' : 'https'}://${host}/`
}

function show({ host, token, verifiedAt, createdAt }: Hosts.HostRow): z.infer<typeof Host> {
  return { host, token, verifiedAt: verifiedAt?.toISOString() ?? null, createdAt: createdAt.toISOString() }
}
