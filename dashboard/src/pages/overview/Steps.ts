/** How far a provider is on the way to its first payment. */

export const STEPS = ['host', 'route', 'rate', 'payment'] as const
export type Step = (typeof STEPS)[number]

type Host = { verifiedAt: string | null }
type Route = { enabled: boolean; rateVersion: number | null; origin: { kind: string } }

/** A route to a service or the zone of the deployment needs no host. */
export function firstSteps({ hosts, routes }: { hosts: readonly Host[]; routes: readonly Route[] }) {
  const isDone: Record<Step, boolean> = {
    host: hosts.some(({ verifiedAt }) => verifiedAt !== null) || routes.some(({ origin }) => origin.kind !== 'url'),
    route: routes.length > 0,
    rate: routes.some(({ rateVersion, enabled }) => rateVersion !== null && enabled),
    payment: false,
  }
  return { done: STEPS.filter((step) => isDone[step]), next: STEPS.find((step) => !isDone[step]) ?? 'payment' }
}

/** The call that is answered 402, and the one that pays. A prefix is called at a place below it. */
export function callOf(gateway: string, path: string, methods: readonly string[]): { ask: string; pay: string } {
  const base = URL.canParse(gateway) ? new URL(gateway).origin : 'https://<gateway>'
  const url = quoted(`${base}${path.replace(/\/\*$/, '/')}`)
  const method = methods.includes('*') || methods.includes('GET') ? '' : ` -X ${methods[0] ?? 'POST'}`
  return { ask: `curl -i${method} ${url}`, pay: `npx pbstream curl${method} ${url} --key-file payer.key` }
}

/** For a shell, whatever the path says. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
