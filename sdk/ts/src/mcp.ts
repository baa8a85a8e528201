/**
 * `@pbstream/sdk/mcp`: paid tools of an MCP server, in x402's way: a call without payment is answered with `isError` and
 * the offers, and comes back with `_meta["x402/payment"]`.
 *
 *     paidTool(server, 'weather', { price: '$0.002', inputSchema: { city: z.string() } }, ({ city }) => …)
 */
import type { McpServer, RegisteredTool } from '@modelcontextprotocol/sdk/server/mcp.js'
import type {
  AnySchema,
  SchemaOutput,
  ShapeOutput,
  ZodRawShapeCompat,
} from '@modelcontextprotocol/sdk/server/zod-compat.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
  ToolAnnotations,
} from '@modelcontextprotocol/sdk/types.js'
import * as Base64 from '@pbstream/core/Base64'
import type { Facts, Header, Refusal, Resource } from './server/Deployment.ts'
import type { PaywallOptions } from './server/Options.ts'
import type { Passage } from './server/Passage.ts'
import type { Payment, Usage } from './server/Payment.ts'
import { Paywall } from './server/Paywall.ts'
import { parse, type Price } from './server/Price.ts'
import { bytesOf } from './server/Web.ts'

export * from './server/Public.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>
type Schema = ZodRawShapeCompat | AnySchema
type Arguments<Input> = Input extends ZodRawShapeCompat
  ? ShapeOutput<Input>
  : Input extends AnySchema
    ? SchemaOutput<Input>
    : Record<string, never>

/** What a paid tool is given beside its arguments. */
export type PaidToolCall = {
  payment: Payment
  /** Adds to what was used, in units of a metered price. */
  meter(usage: Usage): void
  /** What the MCP server gives every tool. */
  extra: Extra
}

/** As for `registerTool`, and the price. */
export type PaidToolConfig<Output, Input> = {
  price: Price
  title?: string
  description?: string
  inputSchema?: Input
  outputSchema?: Output
  annotations?: ToolAnnotations
  resource?: Resource
  _meta?: Record<string, unknown>
}

export type PaidToolHandler<Input> = (
  args: Arguments<Input>,
  call: PaidToolCall,
) => CallToolResult | Promise<CallToolResult>

export type McpPaywall = {
  /**
   * Registers a tool that only paid calls get to. A result with `isError` is not charged, nor is a tool that throws.
   *
   * @throws {InvalidPriceError} at once, when the price cannot be used.
   */
  paidTool<Output extends Schema, Input extends undefined | Schema = undefined>(
    server: McpServer,
    name: string,
    config: PaidToolConfig<Output, Input>,
    handler: PaidToolHandler<Input>,
  ): RegisteredTool
}

/**
 * Tools are always sold stand-alone: behind the gateway the whole HTTP endpoint of an MCP server is one route, and
 * `paid()` of its framework is what it needs.
 *
 * @throws {ConfigurationError} when the settings cannot work; on Workers with the first call.
 */
export function paywall(options: Omit<PaywallOptions, 'deployment'> = {}): McpPaywall {
  const wall = new Paywall({ ...options, deployment: 'standalone' })
  return { paidTool: (server, name, config, handler) => register(() => wall, server, name, config, handler) }
}

let standard: Paywall | undefined

/**
 * As `paywall().paidTool`, by the environment.
 *
 * @throws {ConfigurationError} or {InvalidPriceError}
 */
export const paidTool: McpPaywall['paidTool'] = (server, name, config, handler) => {
  const wall = (standard ??= new Paywall({ deployment: 'standalone' }))
  return register(() => wall, server, name, config, handler)
}

function register<Output extends Schema, Input extends undefined | Schema>(
  wall: () => Paywall,
  server: McpServer,
  name: string,
  { price, resource, ...config }: PaidToolConfig<Output, Input>,
  handler: PaidToolHandler<Input>,
): RegisteredTool {
  const terms = parse(price)
  const isTyped = config.outputSchema !== undefined
  const run = async (args: Record<string, unknown>, extra: Extra): Promise<CallToolResult> => {
    const admission = await wall().admit(factsOf(name, args, extra), terms, resource ?? { route: labelOf(name) })
    if ('kind' in admission) return refused(admission, name, isTyped)
    return serve(
      admission,
      extra,
      (call) => handler(args as Arguments<Input>, call),
      (head) => refused(head, name, isTyped),
    )
  }
  // A tool without a schema is given no arguments.
  const callback = (first: unknown, second?: unknown) =>
    config.inputSchema === undefined ? run({}, first as Extra) : run(first as Record<string, unknown>, second as Extra)
  return server.registerTool(name, config as never, callback as never)
}

async function serve(
  passage: Passage,
  extra: Extra,
  handler: (call: PaidToolCall) => CallToolResult | Promise<CallToolResult>,
  refuse: (refusal: Refusal) => CallToolResult,
): Promise<CallToolResult> {
  const { payment } = passage
  extra.signal.addEventListener('abort', () => passage.leave(), { once: true })
  let result: CallToolResult
  try {
    result = await handler({ payment, meter: (usage) => payment.meter(usage), extra })
  } catch (error) {
    passage.fail()
    throw error
  }
  const head = await passage.whole(result.isError === true ? 500 : 200)
  if ('kind' in head) return refuse(head)
  const meta = { ...result._meta, ...metaOf(head.set) }
  return Object.keys(meta).length === 0 ? result : { ...result, _meta: meta }
}

/**
 * A tool call as the paywall knows calls: a request to an address that nobody has. What is paid for is the tool and its
 * arguments.
 */
function factsOf(name: string, args: Record<string, unknown>, { _meta }: Extra): Facts {
  const payment = _meta?.['x402/payment']
  const header = payment === undefined ? null : Base64.encodeJson(payment)
  const called = new TextEncoder().encode(canonical({ name, arguments: args }))
  return {
    method: 'POST',
    url: addressOf(name),
    header: (wanted) => (wanted === 'payment-signature' ? header : null),
    content: () => Promise.resolve(bytesOf(called)),
  }
}

function addressOf(name: string): string {
  return `https://mcp.invalid/tool/${labelOf(name)}`
}

/** Names of tools may have characters that labels have not. */
function labelOf(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 64) || 'tool'
  )
}

/** JSON with keys in order, so that the same arguments are the same bytes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

/**
 * The offers of a 402, or the problem. They are in `structuredContent` too, but not for tools with an output schema:
 * official clients hold whatever is there against it, and throw.
 */
function refused({ headers, body }: Refusal, name: string, isTyped: boolean): CallToolResult {
  const offers = jsonIn(headers, 'payment-required') as Record<string, unknown> | undefined
  const value = offers === undefined ? (JSON.parse(body) as Record<string, unknown>) : named(offers, name)
  const content = [{ type: 'text' as const, text: JSON.stringify(value) }]
  return { isError: true, content, ...(isTyped ? {} : { structuredContent: value }) }
}

/** Callers know the tool by the name that x402 gives it. */
function named(offers: Record<string, unknown>, name: string): Record<string, unknown> {
  const resource = offers['resource'] as { url?: string } | undefined
  return resource?.url === addressOf(name)
    ? { ...offers, resource: { ...resource, url: `mcp://tool/${name}` } }
    : offers
}

function metaOf(headers: readonly Header[]): Record<string, unknown> {
  const response = jsonIn(headers, 'payment-response')
  const receipt = valueOf(headers, 'pbstream-receipt')
  return {
    ...(response === undefined ? {} : { 'x402/payment-response': response }),
    ...(receipt === undefined ? {} : { 'pbstream/receipt': receipt }),
  }
}

function jsonIn(headers: readonly Header[], name: string): unknown {
  const text = valueOf(headers, name)
  return text === undefined ? undefined : Base64.decodeJson(text)
}

function valueOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1]
}
