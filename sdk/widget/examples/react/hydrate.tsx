/** In the browser, on a page that a server has rendered. */
import { hydrateRoot } from 'react-dom/client'
import { lang } from '../settings.ts'
import { App } from './App.tsx'

document.documentElement.lang = lang
hydrateRoot(document.querySelector('#root')!, <App />)
