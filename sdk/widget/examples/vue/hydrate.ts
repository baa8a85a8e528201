/** In the browser, on a page that a server has rendered. */
import { createSSRApp } from 'vue'
import { lang } from '../settings.ts'
import { App } from './App.ts'

document.documentElement.lang = lang
createSSRApp(App).mount('#root')
