import * as Amount from '@pbstream/core/Amount'
import * as Base64 from '@pbstream/core/Base64'
import type { PaymentRequired } from '@pbstream/core/Challenge'
import * as Network from '@pbstream/core/Network'
import * as Rate from '@pbstream/core/Rate'
import { tokens } from '@pbstream/core/style/Tokens'
import { type PaidCall, seconds } from './Call.ts'
import { script } from './PageScript.ts'
import { type Language, languageOf, texts } from './PageText.ts'

/** Networks by the names that wallets show. */
const NETWORKS: { readonly [chainId: number]: string } = { 8453: 'Base', 84532: 'Base Sepolia' }
/** USDC, the only kind of token that is taken now, has this many decimals. */
const DECIMALS = 6

const STYLE = `${tokens()}
body { max-width: 40rem; margin: 0 auto; padding: var(--space-7) var(--space-4); background: var(--paper);
  color: var(--ink); font: var(--text-large) var(--font); font-variant-numeric: tabular-nums }
h1 { font: 600 var(--text-title) var(--font) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: var(--space-1) var(--space-4);
  padding: var(--space-4); background: var(--card); border: 1px solid var(--line); border-radius: var(--radius) }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
button { font: inherit; padding: var(--space-2) var(--space-5); border: 1px solid var(--accent); border-radius: var(--radius);
  background: var(--accent); color: var(--on-accent); cursor: pointer }
button:disabled { background: var(--sunk); border-color: var(--line); color: var(--soft); cursor: default }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px }
pre { overflow: auto; max-height: 30rem; padding: var(--space-4); background: var(--sunk); border-radius: var(--radius);
  font: var(--text-small) var(--mono); white-space: pre-wrap }`

/** The 402 for a person at a browser: what is sold, what it costs, and a button for an injected wallet. */
export function page(call: PaidCall, required: PaymentRequired, headers: Headers): Response {
  const nonce = Base64.encode(call.gateway.ports.random(16))
  const language = languageOf(call.request.headers.get('accept-language') ?? '')
  headers.set('content-type', 'text/html; charset=utf-8')
  headers.set('content-language', language)
  headers.set('vary', 'Accept, Accept-Language')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('referrer-policy', 'no-referrer')
  headers.set('content-security-policy', policy(nonce))
  return new Response(html(call, required, language, nonce), { status: 402, headers })
}

/** Nothing but this page's own script and style, and calls back to this origin; it cannot be framed. */
function policy(nonce: string): string {
  const own = `'nonce-${nonce}'`
  return `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

function html(call: PaidCall, required: PaymentRequired, language: Language, nonce: string): string {
  const text = texts[language]
  const price = `${Amount.format(call.price, DECIMALS)} USDC`
  const exact = required.accepts.filter((offer) => offer.scheme === 'exact')
  const networks = [...new Set(required.accepts.map((offer) => nameOf(offer.network)))]
  const data = {
    required: { ...required, accepts: exact },
    now: seconds(call),
    chains: exact.map((offer) => Network.chainId(offer.network)),
    text: text.script,
  }
  const label = Rate.fixed(call.rate.rule) === undefined ? text.upTo : text.price
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(`402 · ${price}`)}</title>
<style nonce="${nonce}">
${STYLE}
</style>
</head>
<body>
<main>
<h1>${escape(text.title)}</h1>
<p>${escape(text.intro)}</p>
<dl>
<dt>${escape(text.service)}</dt><dd>${escape(call.route.providerName)}</dd>
<dt>${escape(text.resource)}</dt><dd>${escape(`${call.request.method} ${call.path}`)}</dd>
<dt>${escape(label)}</dt><dd><strong id="price">${escape(price)}</strong></dd>
<dt>${escape(text.networks)}</dt><dd>${escape(networks.join(', '))}</dd>
<dt>${escape(text.payTo)}</dt><dd>${escape(call.route.payTo)}</dd>
</dl>
<p id="pay" hidden></p>
<p id="status" role="status" aria-live="polite">${escape(exact.length === 0 ? text.agentsOnly : text.noWallet)}</p>
<div id="answer"></div>
<p>${escape(text.agents)}</p>
</main>
<script type="application/json" id="offer" nonce="${nonce}">${embed(data)}</script>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`
}

function nameOf(network: string): string {
  return NETWORKS[Network.chainId(network) ?? 0] ?? network
}

/** Text for HTML, inside elements and quoted attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** JSON for a script element: nothing in it can end the element or begin a comment. */
export function embed(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
