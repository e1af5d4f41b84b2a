import { UsageError } from '../errors/rome-error.js'
import type { OnDelete } from '../schema/entity-schema.js'
import type { RelationDeclaration, RelationSelector } from '../schema/relation-declaration.js'
import type { RelationOptions } from './relation-decorator.js'

/** Where the foreign key is. */
export type ForeignKeyOptions<Column extends string> = RelationOptions &
  ForeignKeyColumns<Column> & {
    /**
     * What becomes of this entity when the one that it refers to is erased: that is refused (`restrict`, the default),
     * it goes too (`cascade`), or its foreign key becomes null (`setNull`).
     */
    readonly onDelete?: OnDelete
  }

/** The property of the foreign key, or several in the order of the primary key that they refer to. */
type ForeignKeyColumns<Column extends string> =
  | { readonly column: Column; readonly columns?: never }
  | { readonly columns: readonly Column[]; readonly column?: never }

const onDeleteChoices: ReadonlySet<unknown> = new Set<OnDelete>(['restrict', 'cascade', 'setNull'])

type ForeignKeyParts = Pick<RelationDeclaration, 'inverse' | 'columns' | 'onDelete' | 'cascadesAdd'>

/**
 * What the arguments after the target say: the other side, which may be left out, and the options.
 * @throws UsageError `ROME_ARGUMENT` when the options name no column.
 */
export function foreignKeyParts(first: unknown, second: unknown): ForeignKeyParts {
  if (typeof first === 'function') return { ...parseOptions(second), inverse: first as RelationSelector }
  return { ...parseOptions(first), inverse: undefined }
}

function parseOptions(options: unknown): Omit<ForeignKeyParts, 'inverse'> {
  const {
    column,
    columns = [column],
    onDelete = 'restrict',
    cascade = true,
  } = (options ?? {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(columns) || columns.length === 0 || !columns.every((name) => typeof name === 'string')) {
    throw new UsageError('ROME_ARGUMENT', "Name the column of the foreign key: { column: 'imageId' }.")
  }
  if (!isOnDelete(onDelete)) {
    throw new UsageError('ROME_ARGUMENT', "Choose onDelete 'restrict', 'cascade' or 'setNull'.", {
      context: { onDelete },
    })
  }
  return { columns: Object.freeze([...columns]), onDelete, cascadesAdd: cascade !== false }
}

function isOnDelete(value: unknown): value is OnDelete {
  return onDeleteChoices.has(value)
}
