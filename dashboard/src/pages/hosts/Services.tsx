/** Routes that lead to services of the deployment: those need no host, but a grant by an operator. */
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { Link } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Section } from '../../ui/Section.tsx'
import { w } from './words.ts'

export function Services({ provider }: { provider: string }) {
  const { data: routes } = useLoad(
    async (signal) => (await data(api.GET('/routes', { params: { query: { provider, limit: 100 } }, signal }))).data,
    [provider, mode.value],
  )
  const bound = (routes ?? []).filter(({ origin }) => origin.kind !== 'url')
  return (
    <Section title={w.services()} hint={w.servicesText()}>
      {bound.length === 0 ? (
        <p class="hint">{w.noServices()}</p>
      ) : (
        <ul>
          {bound.map(({ id, path, origin }) => (
            <li key={id}>
              <Link to={`/p/${encodeURIComponent(provider)}/routes/${encodeURIComponent(id)}`}>{path}</Link>{' '}
              <code>{origin.kind === 'service' ? origin.binding : w.zone()}</code>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
