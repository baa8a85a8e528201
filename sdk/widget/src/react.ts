/** The elements as React components (18 or newer): typed properties, and events as `onGranted` and the like. */
import { createComponent, type EventName } from '@lit/react'
import * as React from 'react'
import type { ElementEvents } from './Events.ts'
import { ELEMENTS, register } from './Register.ts'

type Of<Tag extends keyof ElementEvents, Name extends keyof ElementEvents[Tag]> = EventName<
  ElementEvents[Tag][Name] & Event
>

register()

export const PbConnect = createComponent({
  react: React,
  tagName: 'pb-connect',
  elementClass: ELEMENTS['pb-connect'],
  events: {
    onConnected: 'connected' as Of<'pb-connect', 'connected'>,
    onDisconnected: 'disconnected' as Of<'pb-connect', 'disconnected'>,
    onDeclined: 'declined' as Of<'pb-connect', 'declined'>,
    onFailed: 'failed' as Of<'pb-connect', 'failed'>,
  },
})

export const PbAuthorize = createComponent({
  react: React,
  tagName: 'pb-authorize',
  elementClass: ELEMENTS['pb-authorize'],
  events: {
    onGranted: 'granted' as Of<'pb-authorize', 'granted'>,
    onDeclined: 'declined' as Of<'pb-authorize', 'declined'>,
    onFailed: 'failed' as Of<'pb-authorize', 'failed'>,
  },
})

export const PbUsage = createComponent({
  react: React,
  tagName: 'pb-usage',
  elementClass: ELEMENTS['pb-usage'],
  events: {
    onFrozen: 'frozen' as Of<'pb-usage', 'frozen'>,
    onUnfrozen: 'unfrozen' as Of<'pb-usage', 'unfrozen'>,
    onRevoked: 'revoked' as Of<'pb-usage', 'revoked'>,
    onDeclined: 'declined' as Of<'pb-usage', 'declined'>,
    onFailed: 'failed' as Of<'pb-usage', 'failed'>,
  },
})

export const PbReceipt = createComponent({
  react: React,
  tagName: 'pb-receipt',
  elementClass: ELEMENTS['pb-receipt'],
  events: { onVerified: 'verified' as Of<'pb-receipt', 'verified'> },
})
