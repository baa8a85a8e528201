import { createApp } from 'vue'
import { lang } from '../settings.ts'
import { App } from './App.ts'

document.documentElement.lang = lang
createApp(App).mount('#root')
