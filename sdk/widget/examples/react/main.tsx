import { createRoot } from 'react-dom/client'
import { lang } from '../settings.ts'
import { App } from './App.tsx'

document.documentElement.lang = lang
createRoot(document.querySelector('#root')!).render(<App />)
