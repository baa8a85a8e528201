/** Lines to take to a terminal or a program. */

const origin = () => globalThis.location?.origin ?? 'https://control.example'

/** Makes a key with an API key of the scope `session_keys:write`. */
export function createExample(): string {
  return `curl -sS ${origin()}/v1/session-keys \\
  -H "Authorization: Bearer $PB_API_KEY" -H "Idempotency-Key: $(uuidgen)" -H 'content-type: application/json' -d '{
    "name": "research agent", "chainId": 84532, "contract": "canonical", "make": "service",
    "payees": ["0x…"], "spendCap": "50000000", "periodAmount": "5000000", "periodDuration": 86400,
    "perPaymentMax": "100000", "expiry": ${Math.floor(Date.now() / 1_000) + 30 * 86_400} }'`
}

/** A key whose secret stays on that machine. */
export function makeKeyExample(): string {
  return 'npx pbstream keys new research-agent'
}

/** An agent that pays with the key. `keyId`: of the escrow, the salt of the channels that obey the key. */
export function payExample({ account, keyId }: { account: string; keyId: string | null }): string {
  const salt = keyId === null ? '' : `\n  salt: '${keyId}',`
  return `import { createPayer } from '@pbstream/sdk/client'

const pay = createPayer({
  signer: wallet, // a viem account of ${account}: asked for deposits only
  sessionKey: process.env.PBSTREAM_SESSION_KEY,${salt}
})
const answer = await pay.fetch('https://api.example/weather')`
}
