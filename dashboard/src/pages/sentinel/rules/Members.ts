/** The members of a rule and their values, in words. */
import { actionName, severityName, stateName, w as shared } from '../words.ts'
import { w } from './words.ts'

const NAMES: Record<string, () => string> = {
  name: () => w.name(),
  when: () => w.condition(),
  over: () => w.over(),
  action: () => shared.action(),
  seconds: () => w.seconds(),
  severity: () => shared.severity(),
  priority: () => w.priority(),
  group: () => w.group(),
  fail: () => w.fail(),
  state: () => w.mode(),
}

const VALUES: Record<string, (value: string) => string> = {
  action: actionName,
  severity: severityName,
  state: stateName,
  over: (value) => (value === 'cross' ? w.overCross() : w.overSession()),
  group: (value) => (value === 'first_match' ? w.firstMatch() : w.allMatch()),
  fail: (value) => (value === 'closed' ? w.failClosed() : w.failOpen()),
}

export function memberName(name: string): string {
  return NAMES[name]?.() ?? name
}

export function memberValue(name: string, value: string): string {
  return VALUES[name]?.(value) ?? value
}
