import type { Granted } from '@pbstream/widget'
import { PbAuthorize, PbConnect, PbUsage } from '@pbstream/widget/react'
import { useState } from 'react'
import { gateway, request, service } from '../settings.ts'

export function App() {
  const [said, setSaid] = useState('')

  function onGranted({ detail }: CustomEvent<Granted>) {
    // Hand the secret to the agent that is to spend, and keep it nowhere else.
    const { id, key, keyId, secret } = detail
    setSaid(`granted ${id}: key ${key}, key id ${keyId}${secret === null ? '' : ', with its secret'}`)
  }

  return (
    <>
      <h1>Research agent</h1>
      <PbConnect />
      <PbAuthorize
        service={service}
        request={request}
        onGranted={onGranted}
        onDeclined={() => setSaid('declined')}
        onFailed={({ detail }) => setSaid(`failed: ${detail.code}`)}
      />
      <p>
        <output>{said}</output>
      </p>
      <PbUsage service={service} gateway={gateway} onRevoked={() => setSaid('revoked')} />
    </>
  )
}
