/** Hosts that the owner has shown to be his: routes may lead there. */
import { api, data } from '../../api/Client.ts'

export async function verifiedHosts(signal: AbortSignal): Promise<string[]> {
  const hosts = await data(api.GET('/upstream-hosts', { params: { query: { limit: 100 } }, signal }))
  return hosts.data.filter(({ verifiedAt }) => verifiedAt !== null).map(({ host }) => host)
}
