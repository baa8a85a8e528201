/** A Worker that does nothing but host the object under test. */
export { DeadLetters } from '../src/DeadLetters.ts'

export default { fetch: () => new Response(null, { status: 404 }) }
