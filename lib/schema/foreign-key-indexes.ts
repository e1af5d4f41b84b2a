import type { ColumnDefinition, IndexDefinition } from './entity-schema.js'
import { invalidModel, requireStoredName } from './invalid-model.js'

/**
 * The indexes that Rome adds to those of a model: over each foreign key with which neither the primary key nor another
 * index begins. Erasing a row looks for the rows that refer to it; without an index it would read their whole table.
 */
export function foreignKeyIndexes(
  model: string,
  foreignKeys: readonly (readonly ColumnDefinition[])[],
  primaryKey: readonly ColumnDefinition[],
  declared: readonly IndexDefinition[],
): readonly IndexDefinition[] {
  const added: IndexDefinition[] = []
  for (const columns of foreignKeys) {
    if (beginsWith(primaryKey, columns) || [...declared, ...added].some((index) => servesKey(index, columns))) continue
    // Of another type than any key: the relation is refused when the models are opened.
    if (columns.some(({ type }) => !type.isOrdered)) continue
    const name = `${columns.map((column) => column.storedName).join('_')}_fk`
    requireStoredName(name, model)
    if (declared.some((index) => index.name === name)) {
      throw invalidModel('An index has the name that Rome gives to the index of a foreign key: rename it.', model, {
        index: name,
      })
    }
    added.push(
      Object.freeze<IndexDefinition>({
        name,
        columns: Object.freeze(columns.map((column) => Object.freeze({ column, isDescending: false }))),
        isUnique: false,
        where: undefined,
        include: Object.freeze([]),
      }),
    )
  }
  return added
}

/** Whether the rows with given values of a foreign key lie side by side in an index, and all of them are there. */
export function servesKey({ columns, where }: IndexDefinition, foreignKey: readonly ColumnDefinition[]): boolean {
  const indexed = columns.map(({ column }) => column)
  return where === undefined && beginsWith(indexed, foreignKey)
}

/** In any order: all of the values are given. */
function beginsWith(columns: readonly ColumnDefinition[], foreignKey: readonly ColumnDefinition[]): boolean {
  const first = columns.slice(0, foreignKey.length)
  return foreignKey.every((column) => first.includes(column))
}
