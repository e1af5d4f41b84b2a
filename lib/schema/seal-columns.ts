import { v7 } from 'uuid'
import type { ColumnKind } from '../values/column-type.js'
import { currentTime } from './current-time.js'
import type { ColumnDefinition, ColumnRole } from './entity-schema.js'
import { invalidModel, requirePropertyName, requireStoredName } from './invalid-model.js'
import type { RecordedColumn } from './model-definition.js'

interface RoleRule {
  readonly kinds: readonly ColumnKind[]
  readonly isNullable: boolean
}

const roleRules: Readonly<Record<ColumnRole, RoleRule>> = {
  createdAt: { kinds: ['datetime', 'timestamp'], isNullable: false },
  updatedAt: { kinds: ['datetime', 'timestamp'], isNullable: false },
  deletedAt: { kinds: ['datetime', 'timestamp'], isNullable: true },
  version: { kinds: ['integer'], isNullable: false },
}

const firstVersion = 1

/** The columns of a model in the order of their declaration, frozen. */
export function sealColumns(model: string, recorded: readonly RecordedColumn[]): readonly ColumnDefinition[] {
  const keyColumns = recorded.filter((column) => column.isPrimaryKey).length
  const storedNames = new Set<string>()
  const columns = recorded.map((column, position) => {
    const { name, spec, role, storedName = name } = column
    requirePropertyName(name, model, 'column')
    requireStoredName(storedName, model)
    if (storedNames.has(storedName)) {
      throw invalidModel('Two columns have the same stored name.', model, { column: name, storedName })
    }
    storedNames.add(storedName)
    if (role !== undefined) requireRoleRules(model, column, role)
    return Object.freeze<ColumnDefinition>({
      name,
      storedName,
      type: spec.type,
      isNullable: spec.isNullable,
      position,
      role,
      makeDefault: spec.makeDefault ?? ownDefault(column, keyColumns),
      validators: spec.validators,
    })
  })
  return Object.freeze(columns)
}

function requireRoleRules(model: string, { name, spec }: RecordedColumn, role: ColumnRole): void {
  const { kinds, isNullable } = roleRules[role]
  if (!kinds.includes(spec.type.kind)) {
    throw invalidModel('The type does not fit the role of the column.', model, {
      column: name,
      role,
      type: spec.type.kind,
      possible: kinds.join(' or '),
    })
  }
  if (spec.isNullable !== isNullable) {
    throw invalidModel('A deletedAt column is nullable; createdAt, updatedAt and version are not.', model, {
      column: name,
      role,
    })
  }
}

/**
 * What Rome fills in by itself. A uuid that is the whole key is made up; in a composite key it refers to something, and
 * inventing that would hide a mistake.
 */
function ownDefault({ spec, role, isPrimaryKey }: RecordedColumn, keyColumns: number): (() => unknown) | undefined {
  switch (role) {
    case 'createdAt':
    case 'updatedAt':
      return () => currentTime(spec.type)
    case 'version':
      return () => firstVersion
    default:
      return isPrimaryKey && keyColumns === 1 && spec.type.kind === 'uuid' ? () => v7() : undefined
  }
}
