/** On a server: the elements are written empty, and the page takes them over as they are. */
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { App } from './App.ts'

export const render = (): Promise<string> => renderToString(createSSRApp(App))
