/** What is around every page: the bar on top, the navigation, and where messages and questions appear. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { chainName } from './Chains.ts'
import { short } from './format/Address.ts'
import { Menu } from './Menu.tsx'
import { Nav } from './Nav.tsx'
import { go, leave, Link, path, place, withFilter } from './Router.ts'
import { chooseProvider, type Me, me, type Mode, mode, signOut } from './Session.ts'
import { chooseLocale, locale } from './text.ts'
import { chooseTheme, type Theme, theme } from './Theme.ts'
import { Button } from './ui/Button.tsx'
import { Confirms } from './ui/Confirm.tsx'
import { Icon } from './ui/Icon.tsx'
import { Notice } from './ui/Notice.tsx'
import { toast, Toasts } from './ui/Toast.tsx'
import { SignInAgain } from './SignInAgain.tsx'
import { account } from './Wallet.ts'
import { WalletChooser } from './WalletChooser.tsx'
import { frameWords as w } from './words.ts'

export function Frame({ children }: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false)
  const who = me.value
  const isTest = mode.value === 'test' && Boolean(who)
  const at = path.value
  useEffect(() => setOpen(false), [at])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false)
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <div class={`frame ${open ? 'nav-open' : ''} ${who ? '' : 'alone'} ${isTest ? 'in-test' : ''}`}>
      <a class="skip" href="#main" onClick={skip}>
        {w.skip()}
      </a>
      <header class="top">
        <div class="bar">
          {who && (
            <span class="menu-button">
              <Button
                kind="quiet"
                label={open ? w.closeMenu() : w.openMenu()}
                expanded={open}
                onClick={() => setOpen(!open)}
              >
                <Icon name={open ? 'close' : 'menu'} />
              </Button>
            </span>
          )}
          <Link to="/" class="brand" label="PB-Stream">
            <Mark />
            <span>PB-Stream</span>
          </Link>
          <span class="spacer" />
          {who && <ModeSwitch />}
          <Display />
          {who && <Account who={who} />}
        </div>
        {isTest && <p class="test-strip">{w.testStrip()}</p>}
      </header>
      {who && <Nav />}
      {who && open && <div class="nav-veil" onClick={() => setOpen(false)} />}
      <main id="main" tabIndex={-1}>
        {who && <OtherAccount who={who} />}
        {children}
      </main>
      <WalletChooser />
      <SignInAgain />
      <Confirms />
      <Toasts />
    </div>
  )
}

/** Focus, not the address, goes to the page: the address is the router's. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/** The mark: a stream in measured drops. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <rect x="1" y="1" width="22" height="22" rx="6" />
      <path d="M5 15.5h3M10.5 12h3M16 8.5h3" />
    </svg>
  )
}

function ModeSwitch() {
  const choose = (to: Mode) => {
    if (to !== mode.value) leave(() => change(to))
  }
  const change = (to: Mode) => {
    // A provider is of one mode.
    chooseProvider(undefined)
    mode.value = to
    // An address that names a mode would bring it back with the next reload.
    if (place.value.query.includes('mode='))
      go(path.value + withFilter(place.value.query, { mode: undefined }), { replace: true })
    if (path.value.startsWith('/p/')) go('/providers')
  }
  return (
    <div class="segments" role="group" aria-label={w.mode()}>
      {(['live', 'test'] as const).map((one) => (
        <button key={one} type="button" class={one} aria-pressed={mode.value === one} onClick={() => choose(one)}>
          {w[one]()}
        </button>
      ))}
    </div>
  )
}

const THEMES = { system: w.themeSystem, light: w.themeLight, dark: w.themeDark }

/** Language and theme. */
function Display() {
  const other = locale.value === 'en' ? 'zh' : 'en'
  return (
    <>
      <button
        type="button"
        class="button quiet"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => chooseLocale(other)}
      >
        {other === 'zh' ? '中文' : 'English'}
      </button>
      <Menu label={w.theme()} button={<Icon name={theme.value} />}>
        <fieldset class="choices">
          <legend>{w.theme()}</legend>
          {(Object.keys(THEMES) as Theme[]).map((one) => (
            <label key={one}>
              <input type="radio" name="theme" checked={theme.value === one} onChange={() => chooseTheme(one)} />
              {THEMES[one]()}
            </label>
          ))}
        </fieldset>
      </Menu>
    </>
  )
}

function Account({ who }: { who: Me }) {
  const leave = async (everywhere: boolean) => {
    await signOut(everywhere)
    toast(w.signedOut(), { kind: 'good' })
  }
  const name = short(who.address)
  const button = (
    <>
      <Icon name="account" />
      <span class="account-name">{name}</span>
    </>
  )
  return (
    <Menu label={w.accountOf({ address: name })} button={button}>
      <p class="mono whole">{who.address}</p>
      {who.chainId !== null && <p class="hint">{w.signedInOn({ chain: chainName(who.chainId) })}</p>}
      <Link to="/settings" class="menu-item">
        {w.settings()}
      </Link>
      <Button kind="quiet" onClick={() => leave(false)}>
        {w.signOut()}
      </Button>
      <Button kind="quiet" onClick={() => leave(true)}>
        {w.signOutEverywhere()}
      </Button>
    </Menu>
  )
}

/** The wallet was switched to another account than the one that is signed in. */
function OtherAccount({ who }: { who: Me }) {
  const at = account.value
  if (at === undefined || at === who.address.toLowerCase()) return null
  return <Notice tone="warn">{w.otherAccount({ wallet: short(at), owner: short(who.address) })}</Notice>
}
