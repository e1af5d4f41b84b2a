import t from 'tap'
import { entity } from '../../lib/decorators/entity.js'
import { globalScope } from '../../lib/decorators/global-scope.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import {
  clearGlobalScope,
  globalModels,
  modelByName,
  registerGlobal,
  requireDistinctNames,
} from '../../lib/schema/registry.js'
import { t as types } from '../../lib/values/t.js'

t.beforeEach(() => clearGlobalScope())

t.test('models of the global scope are found in order and by name', async (t) => {
  @globalScope
  @entity('images')
  class Image {
    @primaryKey(types.uuid()) id!: string
  }
  @entity('tags')
  @globalScope
  class Tag {
    @primaryKey(types.uuid()) id!: string
  }
  const Other = defineEntity('others', { id: primaryKey(types.uuid()) })
  t.same(globalModels(), [Image, Tag])
  registerGlobal(Other)
  registerGlobal(Other)
  t.same(globalModels(), [Image, Tag, Other])
  t.equal(modelByName('tags'), Tag)
  t.equal(modelByName('nobody'), undefined)
  clearGlobalScope()
  t.same(globalModels(), [])
})

t.test('two models of one stored name are refused', async (t) => {
  const duplicate = { name: 'SchemaError', code: 'ROME_SCHEMA_DUPLICATE', context: { name: 'images' } }
  const One = defineEntity('images', { id: primaryKey(types.uuid()) })
  const Two = defineEntity('images', { id: primaryKey(types.uuid()) })
  registerGlobal(One)
  registerGlobal(Two)
  t.throws(() => globalModels(), duplicate)
  t.throws(() => modelByName('images'), duplicate)
  t.throws(() => requireDistinctNames([One, Two]), duplicate)
  t.doesNotThrow(() => requireDistinctNames([One, One]))
})
