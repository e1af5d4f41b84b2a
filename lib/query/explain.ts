import { andThen } from '../async/maybe-promise.js'
import { checkOptions, isOneOf, type OptionRules } from '../errors/checked-options.js'
import { applyScopes } from './apply-scopes.js'
import type { QueryDescription } from './description.js'
import { findFilteredScan } from './full-scan.js'
import { execute } from './operators/execute.js'
import { forEachBatch, type StepCount } from './operators/operator.js'
import { Explanation, explainPlan } from './plan/explanation.js'
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
