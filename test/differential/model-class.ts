import { index, unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { scope } from '../../lib/decorators/scope.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { type ColumnSource, defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { ColumnShape, IndexShape, ModelShape, RelationShape } from './model-shape.js'
import { recordingVocabulary, wordsOver, written } from './vocabulary.js'

/** The models of shapes, with their indexes or only with those that are rules. */
export function modelClasses(shapes: readonly ModelShape[], isIndexed: boolean): readonly ModelClass[] {
  const classOf = (name: string): ModelClass => classes[shapes.findIndex((shape) => shape.name === name)]
  const classes: readonly ModelClass[] = shapes.map((shape) => modelClass(shape, isIndexed, classOf))
  return classes
}

type ClassOf = (name: string) => ModelClass

function modelClass(shape: ModelShape, isIndexed: boolean, classOf: ClassOf): ModelClass {
  const columns = Object.fromEntries(shape.columns.map((column) => [column.name, columnSource(column)]))
  const indexes = shape.indexes.filter(({ isUnique }) => isIndexed || isUnique).map(declaredIndex)
  const relations = Object.fromEntries(
    shape.relations.map((relation) => [relation.name, declaredRelation(relation, classOf)]),
  )
  const inScope = shape.scope
  const scopes =
    inScope === undefined ? [] : [scope<object>('part', (row) => inScope.rome(wordsOver(() => row)), { default: true })]
  const rules = { indexes: indexes as never[], relations: relations as never, scopes: scopes as never[] }
  return defineEntity(shape.name, columns, rules)
}

/** As the declarations take relations whose types are not known. */
type AnySelector = (relations: object) => never

function declaredRelation({ name, kind, target, reference, through }: RelationShape, classOf: ClassOf): unknown {
  const model = () => classOf(target.name)
  const named =
    (relation: string): AnySelector =>
    (relations) =>
      Reflect.get(relations, relation) as never
  if (through !== undefined) {
    const { from, to } = through
    const middle = () => classOf(through.model.name)
    return manyToMany(model, { through: middle, from: named(from.name), to: named(to.name) })
  }
  if (name === reference.name) {
    const options = { columns: reference.own.map((column) => column.name), onDelete: reference.onDelete }
    const inverse = named(reference.inverse)
    return kind === 'oneToOne' ? oneToOne(model, inverse, options) : manyToOne(model, inverse, options)
  }
  return kind === 'oneToOne' ? oneToOne(model, named(reference.name)) : oneToMany(model, named(reference.name))
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

/** What leads from a model to others. */
export function describeRelations({ name, relations }: ModelShape): string[] {
  return relations.map(({ name: relation, kind, target, reference, through }) => {
    const way = through === undefined ? reference.own.map((column) => column.name).join(', ') : through.model.name
    return `${name}.${relation}: ${kind}(${target.name}) by ${way}, onDelete ${reference.onDelete}`
  })
}
