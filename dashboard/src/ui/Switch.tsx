export { Switch } from './Checkbox.tsx'
