/** Who is here, which page is asked for, and that page. */
import { Component, type ComponentChildren, type ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Frame } from './Frame.tsx'
import { pages } from './pages/index.ts'
import { SignIn } from './pages/SignIn.tsx'
import { go, match, type Page, path, visits } from './Router.ts'
import { chooseProvider, findMe, me, mode, provider } from './Session.ts'
import { say } from './text.ts'
import { Button } from './ui/Button.tsx'
import { PageHead } from './ui/PageHead.tsx'
import { Empty, Failed, Loading } from './ui/States.tsx'
import { frameWords as w } from './words.ts'

const HOME = '/keys'

export function App() {
  const [problem, setProblem] = useState<Error>()
  const find = () => {
    setProblem(undefined)
    findMe().catch((error: unknown) => setProblem(error instanceof Error ? error : new Error(String(error))))
  }
  useEffect(find, [])
  const who = me.value
  if (who === undefined)
    return <Frame>{problem === undefined ? <Loading /> : <Failed error={problem} retry={find} />}</Frame>
  return <Frame>{who === null ? <SignIn /> : <Current owner={who.owner} />}</Frame>
}

function Current({ owner }: { owner: string }) {
  const at = path.value
  const found = match(pages, at)
  const ofProvider = found?.params['provider']
  useEffect(() => {
    if (at === '/') go(HOME, { replace: true })
    if (ofProvider !== undefined && ofProvider !== provider.peek()) chooseProvider(ofProvider)
  }, [at])
  if (at === '/') return <Loading />
  if (found === undefined) return <NoPage />
  const { page, params } = found
  // Another mode, account or thing: everything of the page begins anew.
  const key = JSON.stringify([page.path, params, mode.value, owner])
  return (
    <Boundary key={key}>
      <Lazy page={page} params={params} />
    </Boundary>
  )
}

type Body = ComponentType<{ params: Record<string, string> }>

function Lazy({ page, params }: { page: Page; params: Record<string, string> }) {
  const [body, setBody] = useState<{ Body: Body }>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let gone = false
    page.load().then(
      (loaded) => !gone && setBody({ Body: loaded.default }),
      () => !gone && setFailed(true),
    )
    return () => {
      gone = true
    }
  }, [page])
  const title = say(page.title)
  useEffect(() => {
    document.title = `${title} · PB-Stream`
  }, [title])
  useEffect(() => {
    if (body !== undefined && visits.peek() > 0) focusPage()
  }, [body])
  if (failed) return <Failed error={new Error(w.newVersion())} retry={() => location.reload()} />
  return body === undefined ? <Loading /> : <body.Body params={params} />
}

/** After going to another page the keyboard and the screen reader begin at its heading. */
function focusPage(): void {
  const main = document.getElementById('main')
  const heading = main?.querySelector<HTMLElement>('h1[tabindex]') ?? main
  heading?.focus({ preventScroll: true })
}

function NoPage() {
  return (
    <>
      <PageHead title={w.noPage()} />
      <Empty
        title={w.noPage()}
        text={w.noPageText()}
        action={
          <Button kind="primary" onClick={() => go(HOME)}>
            {w.home()}
          </Button>
        }
      />
    </>
  )
}

/** A page that throws while it is drawn does not take the frame with it. */
class Boundary extends Component<{ children: ComponentChildren }, { error?: Error }> {
  override state: { error?: Error } = {}

  static override getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <div class="notice bad" role="alert">
        <p class="title">{w.broken()}</p>
        <p>{w.brokenText()}</p>
        <pre class="hint" lang="en">
          {this.state.error.message}
        </pre>
        <div class="actions">
          <Button onClick={() => location.reload()}>{w.reload()}</Button>
        </div>
      </div>
    )
  }
}
