/** The paywall of a server, whatever its framework: admits calls, and gives each a passage. */
import type { Deployment, Facts, Refusal, Resource } from './Deployment.ts'
import { behindGateway } from './BehindGateway.ts'
import { KeySet } from './KeySet.ts'
import { ConfigurationError, type Environment, type PaywallOptions, type Settings, settle } from './Options.ts'
import { Passage } from './Passage.ts'
import type { Terms } from './Price.ts'
import { refuse } from './Refuse.ts'
import { ReplayMemory } from './Replays.ts'
import { standing } from './Standing.ts'

export class Paywall {
  readonly #options: PaywallOptions
  readonly #report: (message: string) => void
  /** One for each environment: on Workers settings come with the request. */
  readonly #deployments = new Map<string, Deployment>()

  /**
   * @throws {ConfigurationError} at once, where the environment is known when the program starts: everywhere but on
   *   Workers.
   */
  constructor(options: PaywallOptions = {}) {
    this.#options = options
    this.#report = options.onError ?? ((message) => console.error(`pbstream: ${message}`))
    if (!isWorkers()) this.#deployment(processEnvironment())
  }

  /** The origin that callers see, where it was said. */
  get publicUrl(): string | undefined {
    return this.#options.publicUrl
  }

  /** Lets a call in, or says what to answer instead. Never rejects. */
  async admit(
    facts: Facts,
    terms: Terms,
    resource: Resource = {},
    environment: Environment = processEnvironment(),
  ): Promise<Passage | Refusal> {
    try {
      const admission = await this.#deployment(environment).admit(facts, terms, resource)
      return admission.kind === 'refused' ? admission : new Passage(admission, terms, () => this.#lost())
    } catch (error) {
      // Messages of other errors may quote a request.
      this.#report(
        error instanceof ConfigurationError ? error.message : `a call could not be judged (${nameOf(error)})`,
      )
      return refuse('temporarily_unavailable')
    }
  }

  /** @throws {ConfigurationError} */
  #deployment(environment: Environment): Deployment {
    const key = JSON.stringify(VARIABLES.map((name) => environment[name] ?? null))
    const known = this.#deployments.get(key)
    if (known !== undefined) return known
    const made = deploymentOf(settle(this.#options, environment))
    this.#deployments.set(key, made)
    return made
  }

  #lost(): void {
    this.#report('an answer was served and its charge could not be recorded')
  }
}

/** What `settle` reads. Objects that hold them may be new with each request. */
const VARIABLES = ['PB_GATEWAY_URL', 'PB_AUDIENCE', 'PB_SECRET_KEY']

let standard: Paywall | undefined

/** The paywall of servers that set up none: by the environment only. It is made by the first call. */
export function standardPaywall(): Pick<Paywall, 'admit' | 'publicUrl'> {
  if (standard !== undefined) return standard
  try {
    return (standard = new Paywall())
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    console.error(`pbstream: ${error.message}`)
    return { publicUrl: undefined, admit: () => Promise.resolve(refuse('temporarily_unavailable')) }
  }
}

function deploymentOf(settings: Settings): Deployment {
  if (settings.deployment === 'standalone') return standing(settings)
  const { gateway, now, audiences, hosts, basePath } = settings
  const keys = new KeySet({
    url: `${gateway}/.well-known/jwks.json`,
    fetch: settings.fetch,
    now,
    shares: !isWorkers(),
  })
  const replays = settings.replays ?? new ReplayMemory(now)
  return behindGateway({ gateway, keys, audiences, hosts, basePath, replays, now })
}

const NONE: Environment = {}

function processEnvironment(): Environment {
  const { process } = globalThis as { process?: { env?: Environment } }
  return process?.env ?? NONE
}

/** Old Workers have no navigator; nothing else has pairs of sockets. */
function isWorkers(): boolean {
  return 'WebSocketPair' in globalThis
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
