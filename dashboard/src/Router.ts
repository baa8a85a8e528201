/** Addresses of pages. All live under `/app`; paths in this code are without it. Filters live in the query string. */
import { computed, signal } from '@preact/signals'
import { type ComponentChildren, type ComponentType, h, type JSX } from 'preact'
import type { Words } from './text.ts'
import type { IconName } from './ui/Icon.tsx'

export const BASE = '/app'

export type Page = {
  /** `/keys/:id`. Of two that fit the one with more fixed parts wins. */
  path: string
  title: Words
  /** Where the navigation names it. `also`: other pages that are found behind it. */
  nav?: { group: 'user' | 'provider' | 'sentinel'; icon: IconName; order: number; also?: readonly string[] }
  load: () => Promise<{ default: ComponentType<{ params: Record<string, string> }> }>
}

type Place = { path: string; query: string }

function here(): Place {
  const { pathname, search } = globalThis.location ?? { pathname: BASE, search: '' }
  const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : '/'
  return { path: path === '/' ? path : path.replace(/\/+$/, ''), query: search }
}

/** Where the page is. */
export const place = signal<Place>(here())
export const path = computed(() => place.value.path)
/** How many times somebody went to another page by a link: each time focus moves to its heading. */
export const visits = signal(0)

/** Follows the back and forward buttons. Called once, by the page. */
export function followHistory(): void {
  window.addEventListener('popstate', () => {
    place.value = here()
  })
}

/** Goes to a page: `/keys?status=frozen`. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const before = path.value
  if (replace) history.replaceState(null, '', BASE + to)
  else history.pushState(null, '', BASE + to)
  place.value = here()
  if (path.value === before) return
  visits.value++
  window.scrollTo(0, 0)
}

type Asking = () => Promise<boolean>
let asking: Asking | undefined

/** Has `ask` asked before somebody leaves what is written, until the returned function is called. */
export function guardLeaving(ask: Asking): () => void {
  asking = ask
  return () => {
    if (asking === ask) asking = undefined
  }
}

/** Does it, unless there is something to lose and the person would rather keep it. */
export function leave(then: () => void): void {
  if (asking === undefined) then()
  else void asking().then((yes) => yes && then())
}

/** The page of a path and the values of its `:names`. */
export function match(
  pages: readonly Page[],
  path: string,
): { page: Page; params: Record<string, string> } | undefined {
  const found = pages.flatMap((page) => {
    const params = paramsOf(page.path, path)
    return params === undefined ? [] : [{ page, params }]
  })
  return found.toSorted((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)[0]
}

function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const parts = path.split('/')
  if (wanted.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? ''
    if (!want.startsWith(':')) {
      if (want !== part) return undefined
    } else {
      const value = decoded(part)
      if (value === undefined || value === '') return undefined
      params[want.slice(1)] = value
    }
  }
  return params
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** A path with its `:names` filled in. */
export function pathOf(pattern: string, params: Record<string, string>): string {
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

/**
 * The filters of a page, kept in the query string. Setting one replaces the address, so that "back" leaves the page;
 * `undefined` and the empty text take it out.
 */
export function useFilter<K extends string>(
  names: readonly K[],
): [Partial<Record<K, string>>, (set: Partial<Record<K, string | undefined>>) => void] {
  const filter = readFilter(names, place.value.query)
  const set = (change: Partial<Record<K, string | undefined>>) =>
    go(place.peek().path + withFilter(place.peek().query, change), { replace: true })
  return [filter, set]
}

export function readFilter<K extends string>(names: readonly K[], query: string): Partial<Record<K, string>> {
  const given = new URLSearchParams(query)
  const filter: Partial<Record<K, string>> = {}
  for (const name of names) {
    const value = given.get(name)
    if (value !== null && value !== '') filter[name] = value
  }
  return filter
}

export function withFilter(query: string, change: { [name: string]: string | undefined }): string {
  const params = new URLSearchParams(query)
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') params.delete(name)
    else params.set(name, value)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

type LinkProps = { to: string; children: ComponentChildren; class?: string; label?: string; current?: boolean }

/** A link to another page of the dashboard. New tabs and modified clicks are the browser's. */
export function Link({ to, children, class: name, label, current }: LinkProps): JSX.Element {
  const onClick = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    leave(() => go(to))
  }
  const props = {
    href: BASE + to,
    onClick,
    ...(name === undefined ? {} : { class: name }),
    ...(label === undefined ? {} : { 'aria-label': label }),
    ...(current === true ? { 'aria-current': 'page' as const } : {}),
  }
  return h('a', props, children) as JSX.Element
}
