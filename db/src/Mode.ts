/** The words that columns hold. Every row a caller sees is of one mode; a test row never reaches a live chain. */
export const MODES = ['live', 'test'] as const
export type Mode = (typeof MODES)[number]

/** `unmanaged`: seen paying, nobody gave it a permission here. `freezing` until the object has nothing in flight. */
export const SESSION_KEY_STATUSES = [
  'unmanaged',
  'draft',
  'active',
  'freezing',
  'frozen',
  'revoked',
  'rotated',
  'expired',
] as const
export type SessionKeyStatus = (typeof SESSION_KEY_STATUSES)[number]

/** Whether the chain knows the key (escrow keys only). */
export type Registered = 'none' | 'pending' | 'registered' | 'failed'

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** Where the values of an oracle come from: its provider sends them, or this Worker reads a URL or a contract. */
export const ORACLE_KINDS = ['push', 'url', 'chain'] as const
export type OracleKind = (typeof ORACLE_KINDS)[number]

/** `clamped`: it was out of bounds and the bound was taken. `fallback`: nothing came for too long. */
export const ORACLE_VALUE_STATUSES = ['accepted', 'clamped', 'refused', 'fallback'] as const
export type OracleValueStatus = (typeof ORACLE_VALUE_STATUSES)[number]
