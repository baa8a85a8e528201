/** Signing in with a wallet, out, and who one is. */
import { sha256 } from '@pbstream/db/Canonical'
import { signIn, SIGN_IN_MS, signOut } from '@pbstream/db/Owners'
import { clearCookie, newCookie, readCookie, setCookie } from '../auth/Cookie.ts'
import { newNonce, NONCE_MS } from '../auth/Nonce.ts'
import { verifySignIn } from '../auth/Siwe.ts'
import { Refusal } from '../Problem.ts'
import { chains } from './Chains.ts'
import { operation } from './Operation.ts'
import { gatewayOrigin, ownOrigin } from './Origin.ts'
import { answer, chainId, gateway, hex, json, mode, time, z } from './Parts.ts'
import { type Api, type ApiContext, callerOf, SCOPES } from './Types.ts'

const TAGS = ['Sign-in']
const MAX_MESSAGE = 4096

const Nonce = z
  .object({
    nonce: z.string(),
    domain: z.string(),
    uri: z.string(),
    chainIds: z.array(chainId).openapi({ description: 'Chains that the message can name.' }),
    expiresAt: time,
  })
  .openapi('SignInNonce')

const Account = z
  .object({
    owner: z.string().openapi({ description: 'The address, or `<chainId>:<address>` of a contract.' }),
    address: z.string(),
    chainId: chainId.nullable().openapi({ description: 'Of an account that is a contract.' }),
  })
  .openapi('Account')

const Me = Account.extend({
  mode,
  via: z.enum(['cookie', 'key']),
  scopes: z.array(z.enum(SCOPES)),
  actor: z.string().openapi({ description: 'What the audit calls this caller.' }),
  gateway,
}).openapi('Me')

const nonce = operation({
  method: 'post',
  path: '/sign-in/nonce',
  operationId: 'createSignInNonce',
  summary: 'What a sign-in message (EIP-4361) has to say',
  tags: TAGS,
  access: 'public',
  idempotent: false,
  responses: { 200: answer(Nonce, 'A nonce, good once and for ten minutes.') },
})

const enter = operation({
  method: 'post',
  path: '/sign-in',
  operationId: 'signIn',
  summary: 'Sign in with a signed message; sets the cookie',
  tags: TAGS,
  access: 'public',
  idempotent: false,
  request: { body: json(z.strictObject({ message: z.string().min(1).max(MAX_MESSAGE), signature: hex })) },
  responses: { 200: answer(Account.extend({ expiresAt: time }), 'Who signed in.') },
})

const leave = operation({
  method: 'post',
  path: '/sign-out',
  operationId: 'signOut',
  summary: 'Sign out here, or everywhere',
  tags: TAGS,
  access: 'cookie',
  idempotent: false,
  request: { body: json(z.strictObject({ everywhere: z.boolean().optional() })) },
  responses: { 204: { description: 'The cookie counts no longer.' } },
})

const me = operation({
  method: 'get',
  path: '/me',
  operationId: 'getMe',
  summary: 'Who calls',
  tags: TAGS,
  access: 'any_caller',
  responses: { 200: answer(Me, 'The caller.') },
})

export function signInRoutes(api: Api): void {
  api.openapi(nonce, async (c) => {
    const now = Date.now()
    const origin = ownOrigin(c)
    const body = {
      nonce: await newNonce(c.env, now),
      domain: new URL(origin).host,
      uri: origin,
      chainIds: [...new Set(chains(c.env).map((chain) => chain.chainId))],
      expiresAt: new Date(now + NONCE_MS).toISOString(),
    }
    return c.json(body, 200)
  })

  api.openapi(enter, async (c) => {
    refuseOtherSite(c)
    const { message, signature } = c.req.valid('json')
    const owner = await verifySignIn(c.env, ownOrigin(c), message, signature)
    const now = new Date()
    // A new cookie for each sign-in: nothing that was there before is promoted.
    const cookie = newCookie()
    await signIn(c.var.database, owner, await sha256(cookie), now)
    c.header('set-cookie', setCookie(cookie))
    const expiresAt = new Date(now.getTime() + SIGN_IN_MS).toISOString()
    return c.json({ owner: owner.id, address: owner.address, chainId: owner.chainId, expiresAt }, 200)
  })

  api.openapi(leave, async (c) => {
    const { owner } = callerOf(c)
    const cookie = readCookie(c.req.header('cookie'))
    if (cookie === undefined) throw new Refusal('credentials_invalid')
    const { everywhere = false } = c.req.valid('json')
    await signOut(c.var.database, owner, await sha256(cookie), everywhere, new Date())
    c.header('set-cookie', clearCookie())
    return c.body(null, 204)
  })

  api.openapi(me, (c) => {
    const { owner, address, chainId: chain, mode: in_, via, scopes, actor } = callerOf(c)
    const all = scopes === 'all' ? [...SCOPES] : [...scopes].toSorted()
    const of = { owner, address, chainId: chain }
    return c.json({ ...of, mode: in_, via, scopes: all, actor, gateway: gatewayOrigin(c.env) }, 200)
  })
}

/** Nobody is signed in from another site: he would act as somebody that he does not know he is. */
function refuseOtherSite(c: ApiContext): void {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  if ((origin !== undefined && origin !== ownOrigin(c)) || (site !== undefined && site !== 'same-origin')) {
    throw new Refusal('origin_refused')
  }
}
