/** `/rules/features` and `/rules/templates`: what a condition can ask about, and rules to begin with. */
import * as Rule from '@pbstream/core/Rule'
import { operation } from '../api/Operation.ts'
import { answer, z } from '../api/Parts.ts'
import type { Api } from '../api/Types.ts'
import { TAGS } from './RuleRoutes.ts'
import * as Schemas from './RuleSchemas.ts'
import { showRule } from './RuleSet.ts'

const features = operation({
  method: 'get',
  path: '/rules/features',
  operationId: 'listRuleFeatures',
  summary: 'Everything that a condition can ask about',
  tags: TAGS,
  access: 'sentinel:read',
  responses: { 200: answer(z.object({ data: z.array(Schemas.Feature) }), 'The features; lists are `list.<name>`.') },
})

const templates = operation({
  method: 'get',
  path: '/rules/templates',
  operationId: 'listRuleTemplates',
  summary: 'Rules to begin with',
  tags: TAGS,
  access: 'sentinel:read',
  responses: { 200: answer(z.object({ data: z.array(Schemas.Rule) }), 'The rules, to be sent without version.') },
})

export function ruleFeatureRoutes(api: Api): void {
  api.openapi(features, (c) => c.json({ data: FEATURES }, 200))
  api.openapi(templates, (c) => c.json({ data: Rule.templates.map(showRule) }, 200))
}

const FEATURES = merged([
  ['session', Rule.features],
  ['cross', Rule.crossFeatures],
])

type Features = Readonly<Record<string, Rule.Feature | Rule.CrossFeature>>

/** One row a feature: some are of both kinds of rules. */
function merged(kinds: readonly (readonly ['session' | 'cross', Features])[]): z.infer<typeof Schemas.Feature>[] {
  const rows = new Map<string, z.infer<typeof Schemas.Feature>>()
  for (const [over, all] of kinds) {
    for (const [name, { type, unit, from, about }] of Object.entries(all)) {
      const known = rows.get(name)
      if (known === undefined) rows.set(name, { name, type, unit, from, over: [over], about })
      else known.over.push(over)
    }
  }
  return [...rows.values()]
}
