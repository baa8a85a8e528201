import { PbAuthorize, PbConnect, PbUsage } from '@pbstream/widget/vue'
import { defineComponent, h, ref } from 'vue'
import { gateway, request, service } from '../settings.ts'

export const App = defineComponent({
  name: 'App',
  setup() {
    const said = ref('')
    return () => [
      h('h1', 'Research agent'),
      h(PbConnect),
      h(PbAuthorize, {
        service,
        request,
        onGranted: ({ detail: { id, key, keyId, secret } }) => {
          // Hand the secret to the agent that is to spend, and keep it nowhere else.
          said.value = `granted ${id}: key ${key}, key id ${keyId}${secret === null ? '' : ', with its secret'}`
        },
        onDeclined: () => (said.value = 'declined'),
        onFailed: ({ detail }) => (said.value = `failed: ${detail.code}`),
      }),
      h('p', h('output', said.value)),
      h(PbUsage, { service, gateway, onRevoked: () => (said.value = 'revoked') }),
    ]
  },
})
