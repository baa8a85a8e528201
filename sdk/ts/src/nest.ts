/**
 * `@pbstream/sdk/nest`: paid routes of NestJS 12.
 *
 *     @Get() @Paid('$0.002') weather(@Payment() payment: Payment) { return { payer: payment.payer } }
 *
 * `NestFactory.create(App, { rawBody: true })` keeps the bytes of bodies, which a payment is for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type DynamicModule,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type InjectionToken,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type CallHandler,
  type NestInterceptor,
  SetMetadata,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { catchError, type Observable } from 'rxjs'
import { attach, meterOf, passageOf, paymentOf } from './server/Attached.ts'
import type { Refusal, Resource } from './server/Deployment.ts'
import { factsOf, guard, type NodeRequest } from './server/NodeHttp.ts'
import type { PaywallOptions } from './server/Options.ts'
import type { Payment as PaidBy, Usage } from './server/Payment.ts'
import { Paywall } from './server/Paywall.ts'
import { parse, type Price, type Terms } from './server/Price.ts'
import { record } from './server/Web.ts'

export { ConfigurationError, type PaywallOptions } from './server/Options.ts'
export { type Usage, UsageError } from './server/Payment.ts'
export { InvalidPriceError, type MeteredPrice, type Price } from './server/Price.ts'
export { type ReplayStore } from './server/Replays.ts'
export { type Binding, type Resource } from './server/Deployment.ts'

/** The token under which the paywall is injected. */
export const PAYWALL = Symbol.for('@pbstream/sdk:paywall')
const TERMS = '@pbstream/sdk:terms'

export type PaywallModuleAsyncOptions = Pick<ModuleMetadata, 'imports'> & {
  useFactory: (...deps: never[]) => PaywallOptions | Promise<PaywallOptions>
  inject?: (InjectionToken | OptionalFactoryDependency)[]
}

/** Sets up the paywall for the whole application. */
export class PaywallModule {
  /** @throws {ConfigurationError} when the settings cannot work: the application does not start. */
  static forRoot(options: PaywallOptions = {}): DynamicModule {
    return moduleOf({ providers: [{ provide: PAYWALL, useValue: new Paywall(options) }] })
  }

  /** As `forRoot`, with options from elsewhere in the application. */
  static forRootAsync({ imports = [], inject = [], useFactory }: PaywallModuleAsyncOptions): DynamicModule {
    const make = async (...deps: never[]) => new Paywall(await useFactory(...deps))
    return moduleOf({ imports, providers: [{ provide: PAYWALL, inject, useFactory: make }] })
  }
}

function moduleOf(parts: Pick<DynamicModule, 'imports' | 'providers'>): DynamicModule {
  return { module: PaywallModule, global: true, exports: [PAYWALL], ...parts }
}

type Sold = { terms: Terms; resource: Resource | undefined }

/** A refused call: its status and problem, to be shown by the application's filters; the headers are set already. */
export class PaymentRefusedException extends HttpException {
  constructor({ status, body }: Refusal) {
    super(asObject(body), status)
  }
}

/** Lets only paid calls through. Used by `@Paid`. */
export class PaywallGuard implements CanActivate {
  readonly #paywall: Paywall
  readonly #host: HttpAdapterHost

  constructor(paywall: Paywall, host: HttpAdapterHost) {
    this.#paywall = paywall
    this.#host = host
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const sold = soldBy(context)
    // It was put on something by hand, or not on HTTP: without a price nobody can pay.
    if (sold === undefined || context.getType() !== 'http') return false
    const http = context.switchToHttp()
    const request = http.getRequest<NodeRequest & { raw?: IncomingMessage; rawBody?: unknown }>()
    const response = http.getResponse<ServerResponse & { raw?: ServerResponse }>()
    // A handler and its controller may both have a price: the handler's counts, once.
    if (passageOf(request) !== undefined) return true
    const facts = factsOf(nodeRequest(request), this.#paywall.publicUrl)
    const passage = await this.#paywall.admit(facts, sold.terms, sold.resource)
    if ('kind' in passage) {
      const { httpAdapter } = this.#host
      const headers = Object.entries(record(passage.headers))
      for (const [name, value] of headers) httpAdapter.setHeader(response, name, value)
      throw new PaymentRefusedException(passage)
    }
    attach(request, passage)
    guard(response.raw ?? response, passage)
    return true
  }
}

/** Gives the money back when a handler throws, whatever a filter makes of it. Used by `@Paid`. */
export class PaywallInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const passage = passageOf(requestOf(context))
    return next.handle().pipe(
      catchError((error: unknown) => {
        passage?.fail()
        throw error
      }),
    )
  }
}

// As decorators do, without their syntax: this file runs where nothing compiles it.
Injectable()(PaywallGuard)
Injectable()(PaywallInterceptor)
Inject(PAYWALL)(PaywallGuard, undefined, 0)
Inject(HttpAdapterHost)(PaywallGuard, undefined, 1)

/**
 * Lets only paid calls through to a handler, or to all handlers of a controller.
 *
 * @throws {InvalidPriceError} when the application starts, if the price cannot be used.
 */
export function Paid(price: Price, resource?: Resource): MethodDecorator & ClassDecorator {
  const sold: Sold = { terms: parse(price), resource }
  return applyDecorators(SetMetadata(TERMS, sold), UseGuards(PaywallGuard), UseInterceptors(PaywallInterceptor))
}

/** The payment, as a parameter of a handler: `@Payment() payment: Payment`. */
export const Payment: () => ParameterDecorator = createParamDecorator((_: unknown, context: ExecutionContext) =>
  paymentOf(requestOf(context)),
)
export type Payment = PaidBy

/** Says what was used, in units of a metered price: `@Meter() meter: Meter`. Throws `UsageError`. */
export const Meter: () => ParameterDecorator = createParamDecorator((_: unknown, context: ExecutionContext): Meter => {
  const request = requestOf(context)
  return (usage) => meterOf(request, usage)
})
export type Meter = (usage: Usage) => void

function soldBy(context: ExecutionContext): Sold | undefined {
  const [own, shared] = [context.getHandler(), context.getClass()].map(
    (target) => Reflect.getMetadata(TERMS, target) as Sold | undefined,
  )
  return own ?? shared
}

function requestOf(context: ExecutionContext): object {
  return context.switchToHttp().getRequest<object>()
}

/** The platform's own request, with what Nest has put on its wrapper. */
function nodeRequest(request: NodeRequest & { raw?: IncomingMessage; rawBody?: unknown }): NodeRequest {
  const { raw, rawBody } = request
  if (raw === undefined) return request
  return rawBody === undefined ? raw : Object.assign(Object.create(raw) as IncomingMessage, { rawBody })
}

function asObject(body: string): object | string {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === 'object' && value !== null ? value : body
  } catch {
    return body
  }
}
