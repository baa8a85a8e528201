export { Empty } from './States.tsx'
