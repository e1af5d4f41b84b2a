import type { ReferenceShape } from './model-shape.js'
import { columnWithRole, keysOf, type ModelShape, tableOf, targetOf } from './model-shape.js'

/** A foreign key with the model that has it. */
interface Referring {
  readonly model: ModelShape
  readonly reference: ReferenceShape
}

function referring(models: readonly ModelShape[]): Referring[] {
  return models.flatMap((model) => model.references.map((reference) => ({ model, reference })))
}

/** The foreign keys by which soft deletion goes on. */
export function softReferences(models: readonly ModelShape[]): Referring[] {
  return referring(models).filter(({ model, reference }) => {
    return reference.onDelete === 'cascade' && columnWithRole(model, 'deletedAt') !== undefined
  })
}

/** The table in which SQLite notes the keys of rows that were marked as deleted. */
export function departed(model: ModelShape): string {
  return `departed_${model.name}`
}

/** What SQLite has to do beside the actions of its foreign keys. */
export function triggers(models: readonly ModelShape[]): string[] {
  return [...models.flatMap(noteDeparted), ...referring(models).flatMap(stampEmptied)]
}

function noteDeparted(model: ModelShape): string[] {
  const table = departed(model)
  const names = keysOf(model).map(({ name }) => name)
  const create = `CREATE TABLE ${table} (${names.join(', ')})`
  if (columnWithRole(model, 'deletedAt') === undefined) return [create]
  return [
    create,
    `CREATE TRIGGER on_${table} AFTER UPDATE OF deletedAt ON ${tableOf(model)}
     WHEN OLD.deletedAt IS NULL AND NEW.deletedAt IS NOT NULL
     BEGIN INSERT INTO ${table} VALUES (${names.map((name) => `NEW.${name}`).join(', ')}); END`,
  ]
}

/** A row whose foreign key is emptied is changed like any other. */
function stampEmptied({ model, reference }: Referring, place: number): string[] {
  const { own, onDelete } = reference
  const stamps = stampsOf(model)
  if (onDelete !== 'setNull' || stamps.length === 0) return []
  const keys = own.map(({ name }) => `${name} = OLD.${name.slice(reference.name.length)}`).join(' AND ')
  return [
    `CREATE TRIGGER emptied_${place} BEFORE DELETE ON ${tableOf(targetOf(model, reference))}
     BEGIN UPDATE ${tableOf(model)} SET ${stamps.join(', ')} WHERE ${keys}; END`,
  ]
}

/** The columns that every change of a row sets besides. */
export function stampsOf(model: ModelShape): string[] {
  return model.columns.flatMap(({ role }) => {
    if (role === 'updatedAt') return ['updatedAt = time_now()']
    return role === 'version' ? ['version = version + 1'] : []
  })
}
