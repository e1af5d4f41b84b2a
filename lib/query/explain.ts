import { andThen } from '../async/maybe-promise.js'
import { checkOptions, isOneOf, type OptionRules } from '../errors/checked-options.js'
import { applyScopes } from './apply-scopes.js'
import type { IncludePart, QueryDescription } from './description.js'
import { findFilteredScan } from './full-scan.js'
import { indexOfLimit, type SeenRows } from './load-related.js'
import { execute } from './operators/execute.js'
import { forEachBatch, type StepCount } from './operators/operator.js'
import { type ExplainedInclude, Explanation, explainPlan } from './plan/explanation.js'
import { suggestIndex } from './plan/index-suggestion.js'
import type { PlanNode } from './plan/plan-node.js'
import type { QuerySession } from './query-session.js'
import { QueryRun, type TerminalOptions, terminalOptionRules } from './run-query.js'

/** How `explain` is asked. */
export interface ExplainOptions extends TerminalOptions {
  /** Run the query too, to tell how many rows came out of each step. */
  readonly analyze?: boolean
}

const explainOptionRules: OptionRules<ExplainOptions> = {
  ...terminalOptionRules,
  analyze: isOneOf(true, false),
}

/** How a query is answered. Reads nothing but what its independent subqueries give, unless it is to be analyzed. */
export function explain(
  session: QuerySession,
  description: QueryDescription,
  options: ExplainOptions,
): Promise<Explanation> {
  checkOptions('explain', options, explainOptionRules)
  const counts = new Map<PlanNode, StepCount>()
  return session.run((transaction) => {
    const run = new QueryRun(session, transaction, options, options.analyze ? { counts } : {})
    const { applied } = applyScopes(session.scopes, description)
    return andThen(run.planUnchecked(description), ({ plan }) => {
      const scan = findFilteredScan(plan)
      const explained = (): Explanation =>
        new Explanation(
          explainPlan(plan, session.store, options.analyze ? counts : undefined),
          scan && suggestIndex(scan),
          applied,
          explainIncludes(session, description),
        )
      return options.analyze
        ? andThen(
            forEachBatch(execute(plan, run.execution), () => true),
            explained,
          )
        : explained()
    })
  }, options)
}

/** How the relations are loaded that a query includes, which needs the entities first. */
function explainIncludes(
  session: QuerySession,
  { includes, scope, withoutScopes }: QueryDescription,
): ExplainedInclude[] {
  const seen: SeenRows = {
    scope: scope === 'live' ? 'live' : 'all',
    scopes: session.scopes,
    withoutScopes,
  }
  const explainPart = (part: IncludePart, path: readonly string[]): ExplainedInclude[] => {
    const { definition, includes: further, limit } = part
    const relation = [...path, definition.name]
    const index = indexOfLimit(session.store, seen, part)
    const key = index === 'primary key' ? index : index && `${definition.target.name}.${index.definition.name}`
    const explained: ExplainedInclude = {
      relation: relation.join('.'),
      ...(limit === undefined ? {} : { limit }),
      ...(key === undefined ? {} : { readBy: key }),
    }
    return [explained, ...further.flatMap((next) => explainPart(next, relation))]
  }
  return includes.flatMap((part) => explainPart(part, []))
}
