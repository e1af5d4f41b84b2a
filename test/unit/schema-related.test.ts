import t from 'tap'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { count } from '../../lib/expressions/aggregate.js'
import { describeExpression } from '../../lib/expressions/describe.js'
import { compilePredicate } from '../../lib/expressions/evaluate.js'
import type { Predicate } from '../../lib/expressions/expression.js'
import { fingerprintOf } from '../../lib/expressions/fingerprint.js'
import type { ColumnNode, RelatedNode } from '../../lib/expressions/nodes.js'
import { not_ } from '../../lib/expressions/predicate.js'
import { typeOf } from '../../lib/expressions/type-of.js'
import { columnsOf, containsAggregate } from '../../lib/expressions/walk.js'
import { alias } from '../../lib/schema/alias.js'
import type { Collection } from '../../lib/schema/collection.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { fields } from '../../lib/schema/fields.js'
import { Relation } from '../../lib/schema/relation.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'

interface Author {
  id: string
  name: string
  books: Collection<Book>
}
const Author: ModelClass<Author> = defineEntity(
  'authors',
  { id: primaryKey(types.uuid()), name: types.string() },
  {
    relations: {
      books: oneToMany(
        () => Book,
        (book) => book.author,
      ),
    },
  },
)
const Tag = defineEntity('tags', { id: primaryKey(types.uuid()), text: types.string() })
const Book = defineEntity(
  'books',
  { id: primaryKey(types.uuid()), title: types.string(), authorId: types.uuid() },
  {
    relations: {
      author: manyToOne(() => Author, { column: 'authorId' }),
      tags: manyToMany(() => Tag, { through: 'book_tags' }),
    },
  },
)
type Book = InstanceType<typeof Book>

function relatedNode(predicate: Predicate): RelatedNode {
  if (predicate.node.kind !== 'related') throw new Error('no related node')
  return predicate.node
}

function names(columns: readonly ColumnNode[]): string[] {
  return columns.map(({ source, column }) => `${source.name}.${column.name}`)
}

t.test('fields and aliases carry the relations of their source, frozen', async (t) => {
  const author = fields(Author)
  t.same(Object.keys(author), ['id', 'name', 'books'])
  t.ok(author.books instanceof Relation)
  t.ok(Object.isFrozen(author) && Object.isFrozen(author.books))
  t.equal(author.books.definition, schemaOf(Author).relations[0])
  t.equal(author.books.source, schemaOf(Author).source)
  const other = alias(Author, 'other')
  t.equal(other.books.source, other.id.source)
  t.equal(other.books.definition, author.books.definition)
})

t.test('a quantifier is a node about rows of a source of its own', async (t) => {
  const author = fields(Author)
  const node = relatedNode(author.books.some((book) => book.title.eq('Emma')))
  t.ok(Object.isFrozen(node))
  t.equal(node.quantifier, 'some')
  t.equal(node.relation, author.books.definition)
  t.equal(node.source, author.id.source)
  t.not(node.target, fields(Book).id.source)
  t.equal((node.target as unknown as { schema: unknown }).schema, schemaOf(Book))
  t.same(names(node.outer), ['authors.id'], 'what the relation starts from')
  t.same(names(columnsOf(node)), ['authors.id'])
  t.equal(typeOf(node).kind, 'boolean')
  t.notOk(containsAggregate(node))
  t.equal(node.predicate?.kind, 'compare')
  t.equal(relatedNode(author.books.some()).predicate, undefined)
  t.equal(relatedNode(author.books.none()).quantifier, 'none')
  t.equal(relatedNode(author.books.every((book) => book.title.ne(''))).quantifier, 'every')
})

t.test('columns of other sources are those that it needs of the outside', async (t) => {
  const author = fields(Author)
  const book = fields(Book)
  t.same(names(relatedNode(author.books.some((b) => b.title.eq(author.name))).outer), ['authors.id', 'authors.name'])
  const nested = author.books.some((b) => b.author.none((a) => a.name.eq(b.title)))
  t.same(names(relatedNode(nested).outer), ['authors.id'])
  const deep = author.books.some((b) => b.author.none((a) => a.name.eq(author.name)))
  t.same(names(relatedNode(deep).outer), ['authors.id', 'authors.name'])
  t.same(names(relatedNode(book.author.some()).outer), ['books.authorId'])
  t.same(names(relatedNode(book.tags.some()).outer), ['books.id'])
  t.same(names(relatedNode(alias(Author, 'other').books.some()).outer), ['other.id'])
})

t.test('it is described in the words of its methods', async (t) => {
  const author = fields(Author)
  const described = (predicate: Predicate): string => describeExpression(predicate.node)
  t.equal(described(author.books.some()), 'books.some()')
  t.equal(described(author.books.some((book) => book.title.eq('Emma'))), "books.some(title = 'Emma')")
  t.equal(
    described(author.books.every((book) => book.tags.none((tag) => tag.text.eq('x')))),
    "books.every(tags.none(text = 'x'))",
  )
  t.equal(described(not_(author.books.some())), 'not (books.some())')
})

t.test('its fingerprint tells what it says', async (t) => {
  const author = fields(Author)
  const print = (predicate: Predicate): string => fingerprintOf(predicate.node)
  const isEmma = author.books.some((book) => book.title.eq('Emma'))
  t.equal(print(isEmma), print(author.books.some((book) => book.title.eq('Emma'))))
  t.not(print(isEmma), print(author.books.some((book) => book.title.eq('Persuasion'))))
  t.not(print(isEmma), print(author.books.none((book) => book.title.eq('Emma'))))
  t.not(print(fields(Book).author.some()), print(fields(Book).tags.some()))
})

t.test('it has no value of its own: who evaluates it forgot to plan it', async (t) => {
  const { node } = fields(Author).books.some()
  t.throws(() => compilePredicate(node, () => () => null), { code: 'ROME_INTERNAL' })
})

t.test('what is no predicate about one related row is refused', async (t) => {
  const { books } = fields(Author)
  t.throws(() => books.some(undefined as never), { code: 'ROME_UNDEFINED', context: { where: 'books.some' } })
  t.throws(() => books.every(undefined as never), { code: 'ROME_UNDEFINED' })
  t.throws(() => (books.every as () => unknown)(), { code: 'ROME_UNDEFINED' })
  t.throws(() => books.none(5 as never), { code: 'ROME_ARGUMENT', context: { where: 'books.none' } })
  t.throws(() => books.some((() => undefined) as never), { code: 'ROME_UNDEFINED' })
  t.throws(() => books.some((book) => book.title as never), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => books.some(() => count().gt(1)), { code: 'ROME_QUERY_INVALID', context: { where: 'books.some' } })
})
