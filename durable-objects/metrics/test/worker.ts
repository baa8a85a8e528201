/** A Worker that does nothing but host the object under test. */
export { Metrics } from '../src/Metrics.ts'

export default { fetch: () => new Response(null, { status: 404 }) }
