/** Mistakes of the API of rules: whose they are, what is put in force, who is told, what a backtest adds up. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const folder = 'workers/control/src/sentinel'
const rules = (only: string) => vitest('workers/control', 'test/rules.test.ts', only)
const decisions = (only: string) => vitest('workers/control', 'test/decisions.test.ts', only)

export const sentinelRulesBugs: readonly Bug[] = [
  {
    name: 'anybody reads and writes the rules of any provider',
    invariant: 'sentinel',
    file: `${folder}/Whose.ts`,
    find: 'providerOf(c.var.database, caller, provider))',
    replace: 'Promise.resolve([providerOf, provider]))',
    suite: rules('the rules of a provider'),
    notices: /FAIL .*are not another owner’s, nor of the other mode/,
  },
  {
    name: 'a change of rules overwrites one that came in between',
    invariant: 'sentinel',
    file: `${folder}/RuleSet.ts`,
    find: 'expected !== undefined && now.revision !== expected',
    replace: 'expected !== undefined && now.revision < expected',
    suite: rules('a set of rules'),
    notices: /FAIL .*(is left alone from a stale revision|two changes from one revision)/,
  },
  {
    name: 'a set is put in force though a rule of it cannot be read',
    invariant: 'sentinel',
    file: `${folder}/RuleSet.ts`,
    find: '    hold(next)\n',
    replace: '',
    suite: rules('a set of rules'),
    notices: /FAIL .*is taken whole or not at all/,
  },
  {
    name: 'a rule that comes back gets the version of another text',
    invariant: 'sentinel',
    file: `${folder}/RuleVersions.ts`,
    find: 'Math.max(last.get(rule.id) ?? 0, old?.version ?? 0) + 1',
    replace: '(old?.version ?? 0) + 1',
    suite: rules('versions of rules'),
    notices: /FAIL .*are never given to another text/,
  },
  {
    name: 'a key that did not answer is never told of the rules',
    invariant: 'sentinel',
    file: `${folder}/RulePush.ts`,
    find: 'const reached = isEnd && !failed ? undefined : next',
    replace: 'const reached = isEnd ? undefined : next',
    suite: rules('the rules of an owner go to'),
    notices: /FAIL .*one whose object does not answer/,
  },
  {
    name: 'a key that is made later has no rules',
    invariant: 'sentinel',
    file: 'workers/control/src/keys/Change.ts',
    find: '  await pushRules(env, database, row)\n',
    replace: '',
    suite: rules('the rules of an owner go to'),
    notices: /FAIL .*one that is made later/,
  },
  {
    name: 'a stolen cookie switches off the rule that is to stop the thief',
    invariant: 'sentinel',
    file: `${folder}/SnoozeRoutes.ts`,
    find: "of === 'platform' && seconds > 0\n        ?",
    replace: "of === 'platform' && seconds > 600_000\n        ?",
    suite: rules('a snooze'),
    notices: /FAIL .*of a rule of the platform needs the wallet/,
  },
  {
    name: 'a payer reads what a provider decided about it',
    invariant: 'sentinel',
    file: `${folder}/DecisionRoutes.ts`,
    find: "  if (scope.startsWith('provider:')) {\n",
    replace: "  if (scope.startsWith('provider:') && payer !== callerOf(c).address) {\n",
    suite: decisions('decisions'),
    notices: /FAIL .*of a provider’s rules are the provider’s/,
  },
  {
    name: 'a backtest of two keys counts the money of one',
    invariant: 'sentinel',
    file: `${folder}/Play.ts`,
    find: 'sum = added(sum, report)',
    replace: 'sum = report',
    suite: decisions('a backtest'),
    notices: /FAIL .*is of what the keys paid, and of nobody else’s/,
  },
]
