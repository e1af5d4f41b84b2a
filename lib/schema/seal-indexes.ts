import type { Source } from '../expressions/nodes.js'
import type { ColumnDefinition, IndexColumn, IndexDefinition } from './entity-schema.js'
import { invalidModel, requireStoredName } from './invalid-model.js'
import type { RecordedIndex } from './model-definition.js'
import { type AnyFields, sealPredicate } from './seal-predicate.js'

/** The indexes of a model, the unique ones included, frozen. */
export function sealIndexes(
  model: string,
  recorded: readonly RecordedIndex[],
  columnByName: ReadonlyMap<string, ColumnDefinition>,
  source: Source,
  fields: AnyFields,
): readonly IndexDefinition[] {
  const names = new Set<string>()
  const indexes = recorded.map((index) => {
    const { where, include = [] } = index.options
    const columns = index.columns.map((column) => sealIndexColumn(model, column, columnByName))
    const name = index.options.name ?? defaultName(index, columns)
    requireStoredName(name, model)
    if (names.has(name)) {
      throw invalidModel('Two indexes have the same name: drop one, or give it a name.', model, { index: name })
    }
    names.add(name)
    const included = include.map((column) => requireColumn(model, column, columnByName))
    requireDistinct(model, name, [...columns.map(({ column }) => column), ...included])
    return Object.freeze<IndexDefinition>({
      name,
      columns: Object.freeze(columns),
      isUnique: index.isUnique,
      where: where && sealPredicate(model, { index: name }, where, source, fields),
      include: Object.freeze(included),
    })
  })
  return Object.freeze(indexes)
}

function sealIndexColumn(
  model: string,
  recorded: RecordedIndex['columns'][number],
  columnByName: ReadonlyMap<string, ColumnDefinition>,
): IndexColumn {
  const isDescending = typeof recorded !== 'string'
  const column = requireColumn(model, isDescending ? recorded.descending : recorded, columnByName)
  if (!column.type.isOrdered) {
    throw invalidModel('A column of this type cannot be indexed: it has no order.', model, {
      column: column.name,
      type: column.type.kind,
    })
  }
  return Object.freeze({ column, isDescending })
}

function requireColumn(
  model: string,
  name: string,
  columnByName: ReadonlyMap<string, ColumnDefinition>,
): ColumnDefinition {
  const column = columnByName.get(name)
  if (column !== undefined) return column
  throw invalidModel('An index names a property that is no column.', model, {
    column: name,
    columns: [...columnByName.keys()].join(', '),
  })
}

function requireDistinct(model: string, index: string, columns: readonly ColumnDefinition[]): void {
  const repeated = columns.find((column, at) => columns.indexOf(column) !== at)
  if (repeated !== undefined) {
    throw invalidModel('An index names a column twice.', model, { index, column: repeated.name })
  }
}

/** From stored names, so that renaming a property does not rename the index. */
function defaultName({ isUnique, options }: RecordedIndex, columns: readonly IndexColumn[]): string {
  const parts = columns.map(({ column, isDescending }) => `${column.storedName}${isDescending ? '_desc' : ''}`)
  if (isUnique) parts.push('unique')
  if (options.where !== undefined) parts.push('partial')
  return parts.join('_')
}
