export { Section } from './PageHead.tsx'
