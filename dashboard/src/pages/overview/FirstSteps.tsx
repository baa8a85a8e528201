/** The way to a first payment: what is done, and what comes next. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { Link } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { store, stored } from '../../Stored.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Code } from '../../ui/Code.tsx'
import { Section } from '../../ui/Section.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { callOf, firstSteps, type Step } from './Steps.ts'
import { w } from './words.ts'

export function FirstSteps({ provider, challenges }: { provider: string; challenges: number }) {
  const { data: found } = useLoad(
    async (signal) => {
      const [hosts, routes] = await Promise.all([
        data(api.GET('/upstream-hosts', { params: { query: { limit: 100 } }, signal })),
        data(api.GET('/routes', { params: { query: { provider, limit: 100 } }, signal })),
      ])
      return { hosts: hosts.data, routes: routes.data }
    },
    [provider, mode.value],
    { everyMs: 30_000 },
  )
  if (found === undefined) return null
  const { done, next } = firstSteps(found)
  const base = `/p/${encodeURIComponent(provider)}`
  const sold = found.routes.find(({ rateVersion, enabled }) => rateVersion !== null && enabled) ?? found.routes[0]
  const priced = sold === undefined ? `${base}/routes` : `${base}/routes/${encodeURIComponent(sold.id)}`
  const state = (step: Step) => ({ isDone: done.includes(step), isNext: next === step })
  return (
    <Section title={w.firstSteps()} hint={w.firstStepsHint()}>
      <ol class="first-steps">
        <OneStep title={w.stepHost()} text={w.stepHostText()} {...state('host')}>
          <Link to={`${base}/hosts`}>{w.stepHostDo()}</Link>
        </OneStep>
        <OneStep title={w.stepRoute()} text={w.stepRouteText()} {...state('route')}>
          <Link to={`${base}/routes/new`}>{w.stepRouteDo()}</Link>
        </OneStep>
        <OneStep title={w.stepRate()} text={w.stepRateText()} {...state('rate')}>
          <Link to={priced}>{w.stepRateDo()}</Link>
        </OneStep>
        <OneStep title={w.stepPay()} text={w.stepPayText()} {...state('payment')}>
          {sold === undefined ? null : <Pay path={sold.path} methods={sold.methods} challenges={challenges} />}
        </OneStep>
      </ol>
    </Section>
  )
}

type StepProps = { title: string; text: string; isDone: boolean; isNext: boolean; children: ComponentChildren }

function OneStep({ title, text, isDone, isNext, children }: StepProps) {
  return (
    <li aria-current={isNext ? 'step' : undefined}>
      <p class="title">
        {title} {isDone ? <Badge tone="good">{w.done()}</Badge> : isNext ? <Badge tone="info">{w.next()}</Badge> : null}
      </p>
      <p class="hint">{text}</p>
      {isDone || isNext ? children : null}
    </li>
  )
}

/** Where the gateway is the dashboard cannot know: it is asked once, and kept in this browser. */
function Pay({ path, methods, challenges }: { path: string; methods: string[]; challenges: number }) {
  const [gateway, setGateway] = useState(() => stored('gateway') ?? '')
  const { ask, pay } = callOf(gateway, path, methods)
  return (
    <>
      <TextInput
        label={w.gateway()}
        hint={w.gatewayHint()}
        mono
        type="url"
        placeholder="https://gateway.example.com"
        value={gateway}
        onChange={(value) => {
          setGateway(value.trim())
          store('gateway', value.trim() === '' ? undefined : value.trim())
        }}
      />
      <p>{w.askFirst()}</p>
      <Code text={ask} label={w.command()} />
      <p>{w.thenPay()}</p>
      <Code text={pay} label={w.command()} />
      {challenges > 0 ? <p class="hint">{w.askedAlready({ n: challenges })}</p> : null}
    </>
  )
}
