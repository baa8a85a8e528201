/** On a server: the elements are written empty, and the page takes them over as they are. */
import { renderToString } from 'react-dom/server'
import { App } from './App.tsx'

export const render = (): string => renderToString(<App />)
