/** Reading from the API inside components. What is on its way when a component goes or asks anew is called off. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ApiProblem } from './Problem.ts'
import { joined, type Paged } from './Paged.ts'

export type Loaded<T> = {
  data: T | undefined
  error: ApiProblem | Error | undefined
  loading: boolean
  reload(): void
}

type State<T> = { data: T | undefined; error: Error | undefined; loading: boolean }

/**
 * Loads when the component appears and whenever `deps` change; with `everyMs` again and again while the page is seen.
 * What was there stays while it is loaded again, but not when `deps` change.
 */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  { everyMs }: { everyMs?: number } = {},
): Loaded<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: undefined, loading: true })
  const latest = useRef(load)
  latest.current = load
  const running = useRef<AbortController>()
  const run = useCallback((fresh: boolean) => {
    running.current?.abort()
    const control = new AbortController()
    running.current = control
    setState((before) => (fresh ? { data: undefined, error: undefined, loading: true } : { ...before, loading: true }))
    latest.current(control.signal).then(
      (data) => {
        if (!control.signal.aborted) setState({ data, error: undefined, loading: false })
      },
      (error: unknown) => {
        if (!control.signal.aborted) setState((before) => ({ ...before, error: errorOf(error), loading: false }))
      },
    )
  }, [])
  useEffect(() => {
    run(true)
    return () => running.current?.abort()
  }, deps)
  const reload = useCallback(() => run(false), [])
  useEffect(() => (everyMs === undefined ? undefined : repeat(reload, everyMs)), [everyMs])
  return { ...state, reload }
}

export type LoadedPages<T> = {
  items: T[]
  error: ApiProblem | Error | undefined
  loading: boolean
  more: boolean
  loadMore(): void
  reload(): void
}

/** A list that comes in pages. `reload` begins anew; what was there stays until the first page has come. */
export function usePages<T>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[]; nextCursor: string | null }>,
  deps: readonly unknown[],
): LoadedPages<T> {
  const [pages, setPages] = useState<Paged<T>>({ items: [], cursor: undefined, more: false })
  const [status, setStatus] = useState<{ error: Error | undefined; loading: boolean }>({
    error: undefined,
    loading: true,
  })
  const latest = useRef({ load, pages, loading: true })
  latest.current = { load, pages, loading: status.loading }
  const running = useRef<AbortController>()
  const fetchPage = useCallback((cursor: string | undefined) => {
    running.current?.abort()
    const control = new AbortController()
    running.current = control
    setStatus({ error: undefined, loading: true })
    latest.current.load(cursor, control.signal).then(
      (page) => {
        if (control.signal.aborted) return
        setPages((before) => joined(cursor === undefined ? undefined : before, page))
        setStatus({ error: undefined, loading: false })
      },
      (error: unknown) => {
        if (!control.signal.aborted) setStatus({ error: errorOf(error), loading: false })
      },
    )
  }, [])
  useEffect(() => {
    setPages({ items: [], cursor: undefined, more: false })
    fetchPage(undefined)
    return () => running.current?.abort()
  }, deps)
  const loadMore = useCallback(() => {
    const { pages: now, loading } = latest.current
    if (now.more && !loading) fetchPage(now.cursor)
  }, [])
  const reload = useCallback(() => fetchPage(undefined), [])
  return { items: pages.items, more: pages.more, ...status, loadMore, reload }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** Not while the page is hidden: nobody looks, and a hundred open tabs ask nothing. */
function repeat(reload: () => void, everyMs: number): () => void {
  const seen = () => document.visibilityState === 'visible'
  const timer = setInterval(() => seen() && reload(), everyMs)
  const onSeen = () => seen() && reload()
  document.addEventListener('visibilitychange', onSeen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', onSeen)
  }
}
