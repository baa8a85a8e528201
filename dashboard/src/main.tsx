/** Where the dashboard begins. */
import { render } from 'preact'
import { App } from './App.tsx'
import { followHistory } from './Router.ts'
import { followLocale } from './text.ts'
import { startWallets } from './Wallet.ts'

const place = document.getElementById('app')
if (place === null) throw new Error('the page has no #app')
followLocale()
followHistory()
startWallets()
render(<App />, place)
