import { Expression } from './expression.js'
import { columnNode } from './make-nodes.js'
import type { ColumnNode, ColumnReference, Source } from './nodes.js'

/** A column of a model or of an alias, as `fields(Model)` and `alias(Model, name)` give it out. Frozen. */
export class Column<T> extends Expression<T> {
  declare readonly node: ColumnNode

  constructor(source: Source, column: ColumnReference) {
    super(columnNode(source, column))
  }

  /** The model or alias it belongs to. */
  get source(): Source {
    return this.node.source
  }

  /** Its definition, as far as expressions need it. */
  get column(): ColumnReference {
    return this.node.column
  }
}
