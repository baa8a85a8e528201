/** Keeps an element in step with wallet and account, and connects when asked. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { type Failure, toFailure } from '../Failure.ts'
import { type Connected, type Connection, connectionOf } from '../wallet/Connection.ts'
import { type Wallet, watchWallets } from '../wallet/Discovery.ts'
import type { Eip1193 } from '../wallet/Provider.ts'

type Host = ReactiveControllerHost & { provider: Eip1193 | undefined; isConnected: boolean }

export class WalletController implements ReactiveController {
  wallets: readonly Wallet[] = []
  busy = false
  failure: Failure | undefined
  readonly #host: Host
  readonly #changed: () => void
  #connection: Connection | undefined
  #stops: (() => void)[] = []

  /** @param changed called when account or chain are others, or gone. */
  constructor(host: Host, changed: () => void) {
    this.#host = host
    this.#changed = changed
    host.addController(this)
  }

  get connected(): Connected | undefined {
    return this.#connection?.now
  }

  hostConnected(): void {
    this.#join()
    this.#stops.push(
      watchWallets((wallets) => {
        this.wallets = wallets
        this.#host.requestUpdate()
      }),
    )
  }

  hostDisconnected(): void {
    for (const stop of this.#stops) stop()
    this.#stops = []
    this.#connection = undefined
  }

  hostUpdate(): void {
    if (this.#host.isConnected && this.#connection !== connectionOf(this.#host.provider)) {
      this.hostDisconnected()
      this.hostConnected()
    }
  }

  /** One question at a time: a second press asks nothing. */
  async connect(provider: Eip1193): Promise<Connected | undefined> {
    if (this.busy) return undefined
    this.busy = true
    this.failure = undefined
    this.#host.requestUpdate()
    try {
      return await this.#connection?.connect(provider)
    } catch (error) {
      this.failure = toFailure(error)
      return undefined
    } finally {
      this.busy = false
      this.#host.requestUpdate()
    }
  }

  disconnect(): void {
    this.#connection?.disconnect()
  }

  /** After the wallet was asked to move. */
  movedTo(chainId: number): void {
    this.#connection?.movedTo(chainId)
  }

  #join(): void {
    const { provider } = this.#host
    const connection = connectionOf(provider)
    this.#connection = connection
    this.#stops.push(connection.subscribe(() => this.#changed()))
    if (connection.now !== undefined) this.#changed()
    // The page connected its wallet already, or will: whoever has to ask the person is the button.
    else if (provider !== undefined) connection.resume(provider).catch(() => undefined)
  }
}
