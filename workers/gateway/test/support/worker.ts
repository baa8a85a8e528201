/** A Worker that does nothing but host the object that `exact` needs; the tests call the handler themselves. */
export { ExactClaim } from '@pbstream/exact-claim/ExactClaim'

export default { fetch: () => new Response(null, { status: 404 }) }
