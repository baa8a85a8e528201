/** Alerts: what is told, when, on which channel, and in which words. See `alert/README.md`. */
export { isAtLeast, type Alert, type Channel, type Message, type QuietHours, type Severity } from './alert/Alert.ts'
export { empty, nextAt, offer, revive, settle, take, type Line, type Outcome } from './alert/Line.ts'
export { quietUntil } from './alert/Quiet.ts'
export { email, telegram, webhook } from './alert/Text.ts'
