export { Failed } from './States.tsx'
