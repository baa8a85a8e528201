/** Lets Node load modules that import `cloudflare:workers`. Import this first. */
import { registerHooks } from 'node:module'

const stand = new URL('./cloudflare.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'cloudflare:workers' ? { url: stand, shortCircuit: true } : next(specifier, context),
})
