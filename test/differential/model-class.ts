import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { scope } from '../../lib/decorators/scope.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { type ColumnSource, defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { ColumnShape, IndexShape, ModelShape } from './model-shape.js'
import { recordingVocabulary, wordsOver, written } from './vocabulary.js'

/** The model of a shape, with its indexes or only with those that are rules. */
export function modelClass(shape: ModelShape, isIndexed: boolean): ModelClass {
  const columns = Object.fromEntries(shape.columns.map((column) => [column.name, columnSource(column)]))
  const indexes = shape.indexes.filter(({ isUnique }) => isIndexed || isUnique).map(declaredIndex)
  const inScope = shape.scope
  const scopes =
    inScope === undefined ? [] : [scope<object>('part', (row) => inScope.rome(wordsOver(() => row)), { default: true })]
  return defineEntity(shape.name, columns, { indexes: indexes as never[], scopes: scopes as never[] })
}

function columnSource({ kind, isNullable, role }: ColumnShape): ColumnSource {
  if (role === 'deletedAt') return deletedAt()
  if (role === 'updatedAt') return updatedAt()
  if (role === 'version') return version()
  const spec = kind.makeSpec()
  if (role === 'key') return primaryKey(spec)
  return isNullable ? spec.nullable() : spec
}

function declaredIndex(shape: IndexShape, position: number) {
  const { where, include } = shape
  const columns = shape.columns.map(({ name, isDescending }) => (isDescending ? desc(name) : name))
  const options = {
    name: `index${position}`,
    include,
    ...(where === undefined ? {} : { where: (row: object) => where.rome(wordsOver(() => row)) }),
  }
  const declare = shape.isUnique ? unique : index
  return declare<Record<string, unknown>>(...(columns as [string]), options)
}

/** A model's indexes in the words of Rome. */
export function describeIndexes(shape: ModelShape): string[] {
  return shape.indexes.map(({ columns, isUnique, where, include }) => {
    const names = columns.map(({ name, isDescending }) => (isDescending ? `desc('${name}')` : `'${name}'`))
    const options = [
      ...(where === undefined ? [] : [`where: r => ${written(where.rome(recordingVocabulary()))}`]),
      ...(include.length === 0 ? [] : [`include: ${written(include)}`]),
    ].join(', ')
    const words = options === '' ? names : [...names, `{ ${options} }`]
    return `${isUnique ? 'unique' : 'index'}(${words.join(', ')})`
  })
}
