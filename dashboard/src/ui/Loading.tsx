export { Loading } from './States.tsx'
