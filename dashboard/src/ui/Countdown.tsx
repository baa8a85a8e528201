export { Countdown } from './Time.tsx'
