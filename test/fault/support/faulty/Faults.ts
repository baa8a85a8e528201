/**
 * Faults at named points of a Worker, armed and read from outside under `/.fault/…`. Runs in workerd, around the real
 * Worker: its objects, queues and storage are real, and a fault only delays, cuts off or repeats what they do.
 */
type Armed = { times: number; ms: number }
type Inspected = DurableObjectStub & {
  faultAbort(alarmless: boolean): Promise<void>
  faultRows(sql: string): Promise<Record<string, SqlStorageValue>[]>
}
type Objects = Record<string, DurableObjectNamespace>

const armed = new Map<string, Armed>()
const struck: Record<string, number> = {}
const met: Record<string, number> = {}
const names = new Map<string, Set<string>>()

/** By the true clock, whatever a test has set. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => trueTimeout(resolve, ms))

/** Whether the fault at `point` strikes now; each strike uses it up by one. */
export function strikes(point: string): Armed | undefined {
  met[point] = (met[point] ?? 0) + 1
  const fault = armed.get(point)
  if (fault === undefined || fault.times <= 0) return undefined
  fault.times -= 1
  struck[point] = (struck[point] ?? 0) + 1
  return fault
}

/** Waits if the fault at `point` is a delay: random, so that what came together goes on in another order. */
export async function delays(point: string): Promise<void> {
  const fault = strikes(point)
  if (fault !== undefined) await sleep(Math.random() * fault.ms)
}

/** Remembers an object of `binding`, so that it can be aborted and looked into. */
export function born(binding: string, { id }: DurableObjectState): void {
  if (id.name === undefined) return
  names.set(binding, (names.get(binding) ?? new Set()).add(id.name))
}

/** Ends an object where it stands. With `durable` what it has written reaches the disk first. */
export async function abort(ctx: DurableObjectState, durable: boolean): Promise<never> {
  if (durable) await ctx.storage.sync()
  ctx.abort('fault')
  throw new Error('aborted')
}

/** In the transaction that the fault `write` strikes, the first statement is executed and the second throws. */
export function breakable(storage: DurableObjectStorage): void {
  const real = storage.transactionSync.bind(storage)
  storage.transactionSync = <T>(work: () => T): T =>
    real(() => {
      if (strikes('write') === undefined) return work()
      const { sql } = storage
      const exec = sql.exec
      let statements = 0
      sql.exec = ((...args: Parameters<typeof exec>) => {
        if (statements++ > 0) throw new Error('disk full')
        return exec.apply(sql, args)
      }) as typeof exec
      try {
        work()
      } finally {
        sql.exec = exec
      }
      throw new Error('disk full')
    })
}

/**
 * An object whose tables are to be brought up to date is cut off in the middle of that: its code throws
 * (`migrate:throws`), or it ends where it stands (`migrate:aborted`).
 */
export function interruptible(ctx: DurableObjectState): DurableObjectState {
  const { sql } = ctx.storage
  const exec = sql.exec
  let changes = 0
  sql.exec = ((...args: Parameters<typeof exec>) => {
    // The second change: one is made, and is to be gone again.
    if (args[0].startsWith('ALTER') && ++changes === 2) {
      if (strikes('migrate:aborted') !== undefined) ctx.abort('fault')
      if (strikes('migrate:throws') !== undefined) throw new Error('disk full')
    }
    return exec.apply(sql, args)
  }) as typeof exec
  return ctx
}

const trueNow = Date.now.bind(Date)
const trueTimeout = globalThis.setTimeout
/** What a test sets a clock to: off by so much, standing at a time, or going on so many times as fast (milliseconds). */
type Clock = { skew: number } | { at: number } | { pace: number }
/** This Worker's clock shows `shown` at the true time `since`, and goes `pace` times as fast from then on. */
let clock = { shown: 0, since: 0, pace: 1 }

Date.now = () => clock.shown + (trueNow() - clock.since) * clock.pace

function set(to: Clock): void {
  const since = trueNow()
  if ('at' in to) clock = { shown: to.at, since, pace: 0 }
  else if ('pace' in to) clock = { shown: Date.now(), since, pace: to.pace }
  else clock = { shown: since + to.skew, since, pace: 1 }
}

/** How long that takes which takes so long by this Worker's clock; one that stands holds up nothing. */
const truly = (ms: number): number => ms / (clock.pace === 0 ? 1 : clock.pace)

for (const name of ['setTimeout', 'setInterval'] as const) {
  const real = globalThis[name] as (run: () => void, ms?: number, ...rest: unknown[]) => never
  globalThis[name] = ((run: () => void, ms = 0, ...rest: unknown[]) => real(run, truly(ms), ...rest)) as never
}

/** Alarms go by the same wrong clock: one that is due in a second comes in a second of it. */
export function skewed(ctx: DurableObjectState): DurableObjectState {
  const { storage } = ctx
  const [setAlarm, getAlarm] = [storage.setAlarm.bind(storage), storage.getAlarm.bind(storage)]
  storage.setAlarm = (at, options) => setAlarm(trueNow() + truly(Number(at) - Date.now()), options)
  storage.getAlarm = async (options) => {
    const at = await getAlarm(options)
    return at === null ? null : Date.now() + (at - trueNow()) / truly(1)
  }
  return ctx
}

/** An alarm that is held until the test lets it go (`alarm:gate`), fails, or comes late or twice. */
export async function faultyAlarm(alarm: () => Promise<void>): Promise<void> {
  if ((armed.get('alarm:gate')?.times ?? 0) > 0) struck['alarm:gate'] = (struck['alarm:gate'] ?? 0) + 1
  while ((armed.get('alarm:gate')?.times ?? 0) > 0) await sleep(20)
  if (strikes('alarm:throws') !== undefined) throw new Error('the alarm failed')
  const late = strikes('alarm:late')
  if (late !== undefined) await sleep(late.ms)
  if (strikes('alarm:twice') !== undefined) await alarm()
  await alarm()
}

/** Ends an object that has no alarm any more, as after six failures of it. */
export async function loseAlarm({ storage }: DurableObjectState): Promise<void> {
  await storage.deleteAlarm()
  await storage.sync()
}

/** A D1 that is away, slow, or does what it is told without saying so. */
export function faultyDatabase(database: D1Database): D1Database {
  const whole = new WeakMap<object, D1PreparedStatement>()
  const guarded = async <R>(work: () => Promise<R>): Promise<R> => {
    const slow = strikes('db:slow')
    if (slow !== undefined) await sleep(slow.ms)
    if (strikes('db:down') !== undefined) throw new Error('D1_ERROR: Network connection lost.')
    const result = await work()
    if (strikes('db:answer_lost') !== undefined) throw new Error('D1_ERROR: Network connection lost.')
    return result
  }
  const wrapped = (statement: D1PreparedStatement): D1PreparedStatement => {
    const faulty = {
      bind: (...values: unknown[]) => wrapped(statement.bind(...values)),
      first: (column: string) => guarded(() => statement.first(column)),
      run: () => guarded(() => statement.run()),
      all: () => guarded(() => statement.all()),
      raw: (options: { columnNames?: false }) => guarded(() => statement.raw(options)),
    } as unknown as D1PreparedStatement
    whole.set(faulty, statement)
    return faulty
  }
  return {
    prepare: (query: string) => wrapped(database.prepare(query)),
    batch: (statements: D1PreparedStatement[]) =>
      guarded(() => database.batch(statements.map((each) => whole.get(each) ?? each))),
  } as unknown as D1Database
}

/**
 * A queue with the platform's limits, and faults: it hangs, refuses, or takes messages without saying so. What the
 * releases after this one and long before it send (`foreign`) has versions that this one does not know; with `beside` it
 * comes along with the known one. What the release before sends (`earlier`) lacks what has come since.
 */
export function faultyQueue<T>(point: string, queue: Queue<T>): Queue<T> {
  const guarded = async <R>(sizes: number[], work: () => Promise<R>): Promise<R> => {
    met[`${point}:bytes`] = Math.max(met[`${point}:bytes`] ?? 0, ...sizes)
    if (sizes.length > 100 || sizes.some((size) => size > 128_000) || sizes.reduce((a, b) => a + b, 0) > 256_000) {
      strikes(`${point}:too_large`)
      throw new Error('Queue sendBatch failed: Payload Too Large')
    }
    const hang = strikes(`${point}:hang`)
    if (hang !== undefined) await sleep(hang.ms)
    if (hang !== undefined || strikes(`${point}:overloaded`) !== undefined) {
      throw new Error('Queue sendBatch failed: Queue is overloaded. Please back off.')
    }
    const result = await work()
    if (strikes(`${point}:answer_lost`) !== undefined) throw new Error('Network connection lost.')
    return result
  }
  const aged = (body: T): T[] => {
    const unknown = [
      { ...body, v: 0 },
      { ...body, v: 2 },
    ]
    if (strikes(`${point}:foreign`) !== undefined) return unknown
    if (strikes(`${point}:earlier`) !== undefined) return [earlier(body)]
    return strikes(`${point}:beside`) === undefined ? [body] : [body, ...unknown]
  }
  const size = (body: unknown): number => new TextEncoder().encode(JSON.stringify(body)).byteLength + 100
  const faulty = {
    send: (body: T, options?: QueueSendOptions) =>
      guarded([size(body)], async () => {
        for (const each of aged(body)) await queue.send(each, options)
      }),
    sendBatch: (messages: Iterable<MessageSendRequest<T>>, options?: QueueSendBatchOptions) => {
      const all = [...messages].flatMap((message) => aged(message.body).map((body) => ({ ...message, body })))
      return guarded(
        all.map(({ body }) => size(body)),
        () => queue.sendBatch(all, options),
      )
    },
  }
  return faulty as unknown as Queue<T>
}

/** Optional parts of messages and of rows in them, by the release that brought them. */
const since = ['usage', 'sentinel', 'why', 'country', 'place', 'gasPrice', 'attempts']

function earlier<T>(body: T): T {
  return JSON.parse(JSON.stringify(body, (name, value: unknown) => (since.includes(name) ? undefined : value))) as T
}

/**
 * A consumer whose batches come twice, in reverse, half acknowledged, or whose run is cut off before or after. While
 * `consumer:gate` is armed batches wait; while `consumer:hurried` is, what is to be tried again comes at once.
 */
export function faultyConsumer<E>(
  consume: (batch: MessageBatch, env: E) => Promise<void>,
): (batch: MessageBatch, env: E) => Promise<void> {
  return async (batch, env) => {
    while ((armed.get('consumer:gate')?.times ?? 0) > 0) await sleep(20)
    if ((armed.get('consumer:hurried')?.times ?? 0) > 0) return consume(hurried(batch), env)
    if (strikes('consumer:crash_before') !== undefined) throw new Error('the consumer was cut off')
    const backwards = strikes('consumer:reversed') !== undefined
    const messages = backwards ? [...batch.messages].reverse() : [...batch.messages]
    const deliver = (some: Message[]) => consume({ queue: batch.queue, messages: some } as unknown as MessageBatch, env)
    if (strikes('consumer:twice') !== undefined) await deliver(messages.map(deaf))
    if (strikes('consumer:half') !== undefined) {
      await deliver(messages.map((message, i) => (i % 2 === 0 ? message : deaf(message))))
      throw new Error('the consumer was cut off half way')
    }
    if (strikes('consumer:crash_after') !== undefined) {
      await deliver(messages.map(deaf))
      throw new Error('the consumer was cut off at the end')
    }
    await deliver(messages)
  }
}

/** The same batch; its retries are not delayed. */
function hurried(batch: MessageBatch): MessageBatch {
  const messages = batch.messages.map((message) => {
    const { id, timestamp, body, attempts } = message
    return { id, timestamp, body, attempts, ack: () => message.ack(), retry: () => message.retry() }
  })
  return { queue: batch.queue, messages } as unknown as MessageBatch
}

/** The same message; what the consumer says of it is not heard. */
function deaf({ id, timestamp, body, attempts }: Message): Message {
  return { id, timestamp, body, attempts, ack() {}, retry() {} } as unknown as Message
}

/** Answers `/.fault/…`; undefined for any other request. */
export async function control(request: Request, objects: Objects): Promise<Response | undefined> {
  const { pathname, searchParams } = new URL(request.url)
  if (!pathname.startsWith('/.fault/')) return undefined
  const stubs = (binding: string) =>
    [...(names.get(binding) ?? [])].map((name) => [name, objects[binding]!.getByName(name) as Inspected] as const)
  switch (pathname.slice('/.fault/'.length)) {
    case 'arm': {
      const { point, times, ms } = await request.json<Armed & { point: string }>()
      armed.set(point, { times, ms })
      return Response.json({})
    }
    case 'struck':
      return Response.json({ struck, met })
    case 'clock':
      set(await request.json<Clock>())
      return Response.json({})
    case 'abort': {
      const alarmless = searchParams.has('alarmless')
      const calls = stubs(searchParams.get('of') ?? '').map(([, stub]) => stub.faultAbort(alarmless))
      const ended = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length
      return Response.json({ ended })
    }
    case 'rows': {
      const { of, sql } = await request.json<{ of: string; sql: string }>()
      const found = stubs(of).map(async ([name, stub]) => ({ name, rows: await stub.faultRows(sql) }))
      return Response.json(await Promise.all(found))
    }
    default:
      return new Response(null, { status: 404 })
  }
}
