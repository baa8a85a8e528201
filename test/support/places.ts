/** Callers somewhere in the world: what Cloudflare's edge tells a Worker of where a request comes from. */

export type Place = {
  /** Two capital letters. */
  country: string
  /** IPv4 or IPv6. */
  address: string
}

/**
 * `fetch` from a place: sets `request.cf` and `CF-Connecting-IP`, both of which the edge sets itself and callers cannot.
 * The first goes in the header from which workerd's socket takes it on one machine; no Worker sees that header.
 */
export function from(place: Place, send: typeof fetch = fetch): typeof fetch {
  return (input, init) => {
    const request = new Request(input, init)
    request.headers.set('mf-cf-blob', JSON.stringify({ country: place.country }))
    request.headers.set('cf-connecting-ip', place.address)
    return send(request)
  }
}
