import type { ExpressionNode, FunctionName, InNode, LiteralNode } from '../../expressions/nodes.js'
import type { OrderPart, QueryDescription, SelectedPart } from '../description.js'
import type { PlanOptions } from './query-plan.js'

/** What a query may have another of and be planned alike: a value, or a list with what is looked for in it. */
export type Constant = LiteralNode | InNode

/** What a query says, whatever its constants are. */
export interface QueryShape {
  /** Two queries have the same key exactly when they differ in constants only, and lists are about as long. */
  readonly key: string
  /** The constants, in the order in which the query has them. */
  readonly constants: readonly Constant[]
}

/** Longer keys would cost more than planning does, and longer lists too much memory. */
const keyLengthMax = 2000
const listLengthMax = 250

/** The shape of a query; `undefined` when it asks other rows first, or has too much in it. */
export function shapeOf(
  description: QueryDescription,
  { isCount = false, placeValues = 0, seek }: PlanOptions,
): QueryShape | undefined {
  const writer = new ShapeWriter()
  writer.text = `${isCount} ${placeValues} ${seek !== undefined} ${seek?.includesEqual === true} `
  writer.query(description)
  const { text: key, constants, isComplete } = writer
  return isComplete && key.length <= keyLengthMax ? { key, constants } : undefined
}

/** Every part is written so that it tells where it ends. */
class ShapeWriter {
  text = ''
  /** Not when it has what is not kept, or is too long: then the rest is not looked at. */
  isComplete = true
  readonly constants: Constant[] = []

  query({
    input,
    joins,
    scope,
    selection,
    filters,
    groupBy,
    having,
    orderBy,
    isDistinct,
    limit,
    offset,
  }: QueryDescription): void {
    if (input.kind === 'model') this.text += `${numberOf(input.source)} `
    else {
      this.text += `${input.operator} `
      this.query(input.left)
      this.query(input.right)
    }
    this.text += `${scope} ${isDistinct} ${limit} ${offset}`
    for (const join of joins) {
      this.text += ` ${join.kind} ${numberOf(join.source)} `
      this.#node(join.on)
    }
    this.text += '|'
    for (const part of selection) this.#selected(part)
    this.#nodes(filters)
    this.#nodes(groupBy)
    this.#nodes(having)
    for (const part of orderBy) this.#order(part)
    this.text += ';'
  }

  #selected(part: SelectedPart): void {
    if (part.kind === 'entity') {
      this.text += `${numberOf(part.source)} `
      return
    }
    this.#node(part.node)
    if (part.label !== undefined) this.text += JSON.stringify(part.label)
  }

  #order({ node, isDescending, nulls }: OrderPart): void {
    this.#node(node)
    this.text += `${isDescending} ${nulls} `
  }

  #nodes(nodes: readonly ExpressionNode[]): void {
    this.text += '['
    for (const node of nodes) this.#node(node)
    this.text += ']'
  }

  #node(node: ExpressionNode): void {
    if (this.text.length > keyLengthMax) this.isComplete = false
    if (!this.isComplete) return
    switch (node.kind) {
      case 'column':
        this.text += `c${numberOf(node.source)}.${node.column.position} `
        return
      case 'literal':
        this.text += `literal${numberOf(node.type)} `
        this.#constant(node)
        return
      case 'null':
        this.text += `null${numberOf(node.type)} `
        return
      case 'compare':
        this.text += `${node.operator} `
        this.#node(node.left)
        this.#node(node.right)
        return
      case 'and':
      case 'or':
        this.text += node.kind
        this.#nodes(node.terms)
        return
      case 'not':
      case 'isTrue':
        this.text += `${node.kind} `
        this.#node(node.term)
        return
      case 'in':
        // Lists of about as many values are planned alike.
        this.text += `in ${32 - Math.clz32(node.values.length)} `
        this.#node(node.operand)
        if (node.values.length > listLengthMax) this.isComplete = false
        else this.#constant(node)
        return
      case 'like':
        this.text += `like ${node.ignoreCase} ${JSON.stringify(node.pattern)}`
        this.#node(node.operand)
        return
      case 'textMatch':
        this.text += `${node.operator} ${JSON.stringify(node.text)}`
        this.#node(node.operand)
        return
      case 'isNull':
        this.text += 'isNull '
        this.#node(node.operand)
        return
      case 'aggregate':
        this.text += `${node.function} ${node.isDistinct} ${numberOf(node.type)} `
        this.#nodes(node.operand === undefined ? [] : [node.operand])
        return
      case 'function':
        this.text += `${node.name} ${numberOf(node.type)} `
        if (takesConstants(node.name)) this.#withValues(node.arguments)
        else this.#nodes(node.arguments)
        return
      case 'case':
        this.text += `case ${numberOf(node.type)} `
        for (const { condition, result } of node.branches) {
          this.#node(condition)
          this.#node(result)
        }
        this.text += 'else '
        this.#node(node.otherwise)
        return
      case 'parameter':
      case 'subquery':
      case 'related':
        this.isComplete = false
    }
  }

  /** The same constant in two places is another query than two constants, of which one may be replaced. */
  #constant(node: Constant): void {
    const known = this.constants.indexOf(node)
    if (known === -1) this.constants.push(node)
    this.text += known === -1 ? '? ' : `=${known} `
  }

  #withValues(nodes: readonly ExpressionNode[]): void {
    this.text += '['
    for (const node of nodes) {
      if (node.kind === 'literal') this.#value(node.value)
      else this.#node(node)
    }
    this.text += ']'
  }

  #value(value: LiteralNode['value']): void {
    if (typeof value === 'string') this.text += JSON.stringify(value)
    else if (typeof value === 'object') this.isComplete = false
    else this.text += `${typeof value} ${value} `
  }
}

/** Whether arguments of a function are not values to it, but say what it does. */
function takesConstants(name: FunctionName): boolean {
  return name.startsWith('json') || name === 'round' || name === 'substring'
}

const numbers = new WeakMap<object, number>()
let lastNumber = 0

/** Tells models, aliases and types apart. */
function numberOf(object: object): number {
  const known = numbers.get(object)
  if (known !== undefined) return known
  numbers.set(object, ++lastNumber)
  return lastNumber
}
