/** The navigation: what concerns one's wallet, then what concerns the chosen provider. */
import { useEffect, useId } from 'preact/hooks'
import { api, data } from './api/Client.ts'
import { useLoad } from './api/Load.ts'
import { groupsOf, isCurrent } from './NavGroups.ts'
import { pages } from './pages/index.ts'
import { go, Link, type Page, path, pathOf } from './Router.ts'
import { chooseProvider, me, mode, provider } from './Session.ts'
import { say } from './text.ts'
import { Icon } from './ui/Icon.tsx'
import { frameWords as w } from './words.ts'

const groups = groupsOf(pages)
const named = pages.filter(({ nav }) => nav !== undefined)

export function Nav() {
  const chosen = provider.value
  return (
    <nav class="nav" id="nav" aria-label={w.menu()}>
      <Group title={w.you()} items={groups.user} />
      <Group title={w.yourSentinel()} items={groups.sentinel} />
      <div class="nav-group">
        <h2>{w.provider()}</h2>
        <ProviderChooser />
        {chosen !== undefined && <Items items={groups.provider} />}
      </div>
      {chosen !== undefined && <Group title={w.providerSentinel()} items={groups.providerSentinel} />}
    </nav>
  )
}

function Group({ title, items }: { title: string; items: readonly Page[] }) {
  if (items.length === 0) return null
  return (
    <div class="nav-group">
      <h2>{title}</h2>
      <Items items={items} />
    </div>
  )
}

function Items({ items }: { items: readonly Page[] }) {
  return (
    <ul>
      {items.map((page) => {
        const to = pathOf(page.path, { provider: provider.value ?? '' })
        return (
          <li key={page.path}>
            <Link to={to} class="nav-item" current={isCurrent(to, path.value, named, provider.value)}>
              {page.nav !== undefined && <Icon name={page.nav.icon} />}
              <span>{say(page.title)}</span>
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

const ALL = ''

/** Which provider the pages below are about. Without any there is the way to the first. */
function ProviderChooser() {
  const id = useId()
  const list = useLoad(
    async (signal) => (await data(api.GET('/providers', { params: { query: { limit: 100 } }, signal }))).data,
    [mode.value, me.value?.owner, path.value === '/providers'],
  )
  const all = list.data ?? []
  const chosen = provider.value
  const first = all[0]
  // One that is gone, or of the other mode, is chosen no longer; a path that names one decides by itself.
  const named = path.value.startsWith('/p/')
  useEffect(() => {
    if (list.data !== undefined && !named && !list.data.some((one) => one.id === chosen)) chooseProvider(first?.id)
  }, [list.data, named, chosen])
  if (all.length === 0) {
    return (
      <Link to="/providers" class="nav-item" current={path.value === '/providers'}>
        <Icon name="plus" />
        <span>{w.becomeProvider()}</span>
      </Link>
    )
  }
  return (
    <div class="provider-chooser">
      <label for={id} class="sr-only">
        {w.chooseProvider()}
      </label>
      <select
        id={id}
        value={chosen ?? ALL}
        onChange={(event) => {
          const to = event.currentTarget.value
          if (to === ALL) event.currentTarget.value = chosen ?? ALL
          go(to === ALL ? '/providers' : `/p/${encodeURIComponent(to)}`)
        }}
      >
        {all.map((one) => (
          <option key={one.id} value={one.id} selected={one.id === chosen}>
            {one.name}
          </option>
        ))}
        <option value={ALL}>{w.allProviders()}</option>
      </select>
    </div>
  )
}
