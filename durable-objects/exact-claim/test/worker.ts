/** A Worker that does nothing but host the object under test. */
export { ExactClaim } from '../src/ExactClaim.ts'

export default { fetch: () => new Response(null, { status: 404 }) }
