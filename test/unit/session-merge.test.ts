import t from 'tap'
import { create } from '../../lib/schema/create.js'
import type { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { onBothEngines } from '../support/both-engines.js'
import {
  Author,
  Book,
  Note as LibraryNote,
  members,
  openRome as openLibrary,
  Place,
  Portrait,
  readsOf,
  Tag,
  target,
} from '../support/relations-fixture.js'
import { Image, Member, Note, openRome, stored, valuesOf } from '../support/session-fixture.js'

onBothEngines('a detached entity is copied onto the persistent one, and stays detached', async (t, engine) => {
  const rome = await openRome(t, { engine })
  await using first = rome.session()
  const detached = first.add(create(Image, { name: 'a', tags: ['x'] }))
  await first.commit()
  first.expunge(detached)
  detached.owner = 'me'
  detached.tags.push('y')

  await using session = rome.session()
  const merged = await session.merge(detached)
  t.not(merged, detached)
  t.equal(session.stateOf(merged), 'persistent')
  t.equal(session.stateOf(detached), 'detached')
  t.match(merged, { owner: 'me', tags: ['x', 'y'] })
  t.not(merged.tags, detached.tags, 'what can be changed in place is not shared')
  t.equal(await session.get(Image, detached.id), merged)
  await session.commit()
  t.match(await stored(rome, Image, detached.id), { owner: 'me', tags: ['x', 'y'], version: 2 })
})

t.test('merge gives an entity of each state what the table says', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.addAll(['stored', 'held'].map((title) => create(Note, { title }))))
  await using session = rome.session()
  await using other = rome.session()
  const held = await session.getOrThrow(Note, 'held')

  t.equal(await session.merge(held), held, 'an entity of the session is given back')
  const pending = session.add(create(Note, { title: 'pending' }))
  t.equal(await session.merge(pending), pending)

  const onto = await session.merge(create(Note, { title: 'held', body: 'transient' }))
  t.equal(onto, held)
  t.equal(held.body, 'transient')

  const theirs = await other.getOrThrow(Note, 'stored')
  theirs.body = 'theirs'
  const ours = await session.merge(theirs)
  t.equal(ours.body, 'theirs')
  t.equal(other.stateOf(theirs), 'persistent')

  const added = await session.merge(create(Note, { title: 'new', count: 3 }))
  t.equal(session.stateOf(added), 'pending')

  const deleted = await session.getOrThrow(Note, 'stored')
  session.delete(deleted)
  await t.rejects(session.merge(deleted), { code: 'ROME_ENTITY_STATE' })
  await t.rejects(session.merge(theirs), { code: 'ROME_ENTITY_STATE' })
  session.add(deleted)
  await session.commit()
  t.match(await stored(rome, Note, 'new'), { count: 3 })
  t.match(await stored(rome, Note, 'stored'), { body: 'theirs' })
})

t.test('a row that is gone is inserted again, unless it had a version', async (t) => {
  const rome = await openRome(t)
  await using first = rome.session()
  const note = first.add(create(Note, { title: 'a', body: 'kept' }))
  const image = first.add(create(Image, { name: 'a' }))
  await first.commit()
  first.expunge(note)
  first.expunge(image)
  await rome.transact(async (other) => {
    other.delete(await other.getOrThrow(Note, 'a'))
    other.hardDelete(await other.getOrThrow(Image, image.id))
  })
  await using session = rome.session()
  const merged = await session.merge(note)
  t.equal(session.stateOf(merged), 'pending')
  await session.commit()
  t.match(await stored(rome, Note, 'a'), { body: 'kept' })
  await t.rejects(session.merge(image), {
    code: 'ROME_STALE_VERSION',
    context: { version: 1, versionStored: undefined },
  })
})

t.test('an entity whose row another session erased gives way to one that is merged', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const held = session.add(create(Note, { title: 'a' }))
  await session.commit()
  await rome.transact((other) => other.bulkDelete(Note, ['a']))
  const merged = await session.merge(create(Note, { title: 'a', body: 'new' }))
  t.not(merged, held)
  t.equal(session.stateOf(held), 'deleted')
  await session.commit()
  t.equal(session.stateOf(held), 'detached')
  t.equal((await stored(rome, Note, 'a'))?.body, 'new')
})

t.test('what others wrote since is refused by the version, and kept where there is none', async (t) => {
  const rome = await openRome(t)
  await using first = rome.session()
  const image = first.add(create(Image, { name: 'a' }))
  const note = first.add(create(Note, { title: 'a', body: 'one', count: 1 }))
  await first.commit()
  first.expunge(image)
  first.expunge(note)
  await rome.transact(async (other) => {
    ;(await other.getOrThrow(Image, image.id)).owner = 'somebody'
    ;(await other.getOrThrow(Note, 'a')).count = 2
  })
  image.owner = 'me'
  note.body = 'mine'
  await using session = rome.session()
  await t.rejects(session.merge(image), { code: 'ROME_STALE_VERSION' })
  t.equal((await session.getOrThrow(Image, image.id)).owner, 'somebody', 'nothing was copied')
  t.match(await session.merge(note), { body: 'mine', count: 2 })
})

t.test('values are merged by their key, the version among them is the one that was read', async (t) => {
  const rome = await openRome(t)
  await using session = rome.session()
  const image = session.add(create(Image, { name: 'a' }))
  await session.commit()
  const form = JSON.parse(JSON.stringify({ id: image.id, owner: 'me', version: image.version }))
  t.equal(await session.merge(Image, form), image)
  await session.commit()
  t.match(valuesOf(image), { owner: 'me', version: 2 })
  await t.rejects(session.merge(Image, form), { code: 'ROME_STALE_VERSION', context: { version: 1, versionStored: 2 } })
  await t.rejects(session.merge(Image, { ...form, id: crypto.randomUUID() }), { code: 'ROME_STALE_VERSION' })
  t.equal(await session.merge(Image, { id: image.id, owner: 'you' }), image, 'no version, no question')
  t.equal(session.stateOf(await session.merge(Image, { name: 'without a key' })), 'pending')
  await t.rejects(session.merge(Image, { nam: 'a' } as object), { code: 'ROME_UNKNOWN_COLUMN' })
  await t.rejects(session.merge(Image, { name: undefined } as object), { code: 'ROME_UNDEFINED' })
  await t.rejects(session.merge(Image, undefined as never), { code: 'ROME_ARGUMENT' })
  await t.rejects(session.merge({ name: 'a' }), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
})

t.test('merge does not rename: a changed primary key is refused', async (t) => {
  const rome = await openRome(t)
  await using first = rome.session()
  const member = first.add(create(Member, { image: 'i', number: 1 }))
  await first.commit()
  first.expunge(member)
  member.number = 2
  await using session = rome.session()
  await t.rejects(session.merge(member), { code: 'ROME_ENTITY_STATE', context: { key: ['i', 1] } })
})

/** Lets an entity go that its session has read twice, with another commit before the second time and after the last. */
async function readTwice(
  rome: Rome,
  letGo: (session: RomeSession, note: Note) => unknown,
  readAgain: (session: RomeSession, note: Note) => unknown,
): Promise<Note> {
  const write = (values: Partial<Note>) =>
    rome.transact(async (other) => {
      const stored = (await other.get(Note, 'a')) ?? other.add(create(Note, { title: 'a' }))
      Object.assign(stored, values)
    })
  await write({ body: 'one', count: 1 })
  const session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  await session.commit()
  await write({ body: 'two' })
  await readAgain(session, note)
  t.equal(note.body, 'two')
  await letGo(session, note)
  await session.close()
  t.equal(note.body, 'two')
  await write({ body: 'three' })
  return note
}

const readings = {
  refresh: (session: RomeSession, note: Note) => session.refresh(note),
  query: (session: RomeSession) => session.query(Note).all(),
  'a flush of other columns': (session: RomeSession, note: Note) => {
    note.count = 2
    return session.flush()
  },
}
const leavings = {
  close: () => undefined,
  expunge: (session: RomeSession, note: Note) => session.expunge(note),
}

for (const [reading, readAgain] of Object.entries(readings)) {
  for (const [leaving, letGo] of Object.entries(leavings)) {
    t.test(`what ${reading} read is no change of an entity that ${leaving} lets go`, async (t) => {
      const rome = await openRome(t)
      const note = await readTwice(rome, letGo, readAgain)
      await using session = rome.session()
      const merged = await session.merge(note)
      t.equal(merged.body, 'three', 'what others wrote since stays')
      t.equal(merged.count, note.count, 'and what was changed is carried on')
    })
  }
}

t.test(
  'an entity that came to a session and leaves it by a rollback is compared with what it was read with',
  async (t) => {
    const rome = await openRome(t)
    await rome.transact((other) => other.add(create(Note, { title: 'a', body: 'one' })))
    const first = rome.session()
    const note = await first.getOrThrow(Note, 'a')
    await first.close()
    await rome.transact((other) => other.bulkUpdate(Note, [{ title: 'a', body: 'two' }]))
    await using session = rome.session()
    session.add(note)
    await session.query(Note).all()
    t.equal(note.body, 'two')
    await session.rollback()
    t.match([session.stateOf(note), note.body], ['detached', 'two'])
    session.add(note)
    t.notOk(session.isModified(note))
  },
)

t.test('what a write beside the unit of work made of an entity goes when it is let go without a commit', async (t) => {
  const rome = await openRome(t)
  await rome.transact((other) => other.add(create(Note, { title: 'a', body: 'one', count: 1 })))
  const session = rome.session()
  const note = await session.getOrThrow(Note, 'a')
  await session.query(Note).filterBy({ title: 'a' }).update({ body: 'two' })
  note.count = 2
  await session.flush()
  t.match(note, { body: 'two', count: 2 })
  await session.close()
  t.match(note, { body: 'one', count: 2 }, 'what the user did is kept')
  await using other = rome.session()
  t.match(await other.merge(note), { body: 'one', count: 2 })
})

/** An author with books, notes and a portrait, as another session read them, and no session has them. */
async function detachedAuthor(session: RomeSession) {
  const [author] = await session.query(Author).include('books.tags', 'notes', 'portrait').all()
  await session.close()
  return author
}

onBothEngines('a graph follows along relations that cascade: changed, new and removed', async (t, engine) => {
  const rome = await openLibrary(t, { engine })
  await rome.transact((other) => {
    const tag = create(Tag, { text: 'novel' })
    const books = ['a', 'b', 'c'].map((title) => create(Book, { title, tags: [tag] }))
    const notes = ['n1', 'n2'].map((text) => create(LibraryNote, { text }))
    other.add(create(Author, { name: 'Austen', books, notes, portrait: create(Portrait, {}) }))
  })
  const author = await detachedAuthor(rome.session())
  const [a, b, c] = members(author.books)
  author.name = 'Jane Austen'
  a.title = 'changed'
  author.books.remove(b)
  author.books.add(create(Book, { title: 'new', tags: [create(Tag, { text: 'fresh' })] }))
  author.notes.remove(members(author.notes)[0])
  c.tags.remove(members(c.tags)[0])

  await using session = rome.session()
  const merged = await session.merge(author)
  await session.commit()

  await using check = rome.session()
  const [after] = await check.query(Author).include('books.tags', 'notes').all()
  t.equal(after.id, merged.id)
  t.equal(after.name, 'Jane Austen')
  t.same(
    Array.from(after.books, (book) => [book.title, Array.from(book.tags, ({ text }) => text)]),
    [
      ['c', []],
      ['changed', ['novel']],
      ['new', ['fresh']],
    ],
  )
  t.equal((await check.getOrThrow(Book, b.id)).authorId, null)
  t.same(Array.from(after.notes, ({ text }) => text).length, 1, 'what may not be without its author is deleted')
  t.equal(await check.query(LibraryNote).count(), 1)
})

t.test('what others related since stays, and what was not changed is not written', async (t) => {
  const rome = await openLibrary(t)
  await rome.transact((other) =>
    other.add(create(Author, { name: 'Austen', books: ['a', 'b'].map((title) => create(Book, { title })) })),
  )
  const author = await detachedAuthor(rome.session())
  await rome.transact(async (other) => {
    const stored = await other.getOrThrow(Author, author.id)
    stored.books.add(create(Book, { title: 'c' }))
    const [moved] = await other.query(Book).filterBy({ title: 'a' }).all()
    moved.author.set(create(Author, { name: 'Brontë' }))
  })
  const { commits } = rome.stats()
  await using session = rome.session()
  const merged = await session.merge(author)
  await session.commit()
  t.equal(rome.stats().commits, commits)
  t.same(
    Array.from(await merged.books.load(), ({ title }) => title),
    ['b', 'c'],
  )
})

t.test('a graph is read once for each model and level', async (t) => {
  const rome = await openLibrary(t)
  const treeOf = (depth: number): Place =>
    create(Place, { name: `${depth}`, parts: depth === 0 ? [] : [1, 2, 3].map(() => treeOf(depth - 1)) })
  await rome.transact((other) => other.add(treeOf(3)))
  const first = rome.session()
  const [root] = (await first.query(Place).include('parts.parts.parts').all()).filter(
    ({ parentId }) => parentId === null,
  )
  await first.close()
  await using session = rome.session()
  const calls: number[] = []
  await session.begin(async () => {
    await session.get(Author, root.id)
    await session.run((transaction) => {
      const { getMany } = transaction
      transaction.getMany = (table, keys, meter) => {
        calls.push(keys.length)
        return getMany.call(transaction, table, keys, meter)
      }
    })
    await session.merge(root)
  })
  t.same(calls, [1, 3, 9, 27])
  t.ok((await readsOf(rome, () => session.query(Place).count())) >= 0)
})

t.test('circles, new entities without keys and two sources of one row come out right', async (t) => {
  const rome = await openLibrary(t)
  const id = crypto.randomUUID()
  const circle = create(Place, { id, name: 'a' })
  const next = create(Place, { name: 'b', parent: circle })
  circle.parent.set(next)
  await using session = rome.session()
  const merged = await session.merge(circle)
  t.equal(target(merged.parent)?.name, 'b')
  await session.commit()
  t.equal((await stored(rome, Place, id))?.parentId, target(merged.parent)?.id)

  const twice = create(Place, {
    name: 'top',
    parts: [create(Place, { id, name: 'x' }), create(Place, { id, name: 'y' })],
  })
  await session.merge(twice)
  await session.commit()
  t.equal((await stored(rome, Place, id))?.name, 'y')
})

t.test('the one who is replaced in a one-to-one relation gives way', async (t) => {
  const rome = await openLibrary(t)
  await rome.transact((other) => other.add(create(Author, { name: 'a', portrait: create(Portrait, {}) })))
  const author = await detachedAuthor(rome.session())
  const before = target(author.portrait)
  author.portrait.set(create(Portrait, {}))
  await using session = rome.session()
  await session.merge(author)
  await session.commit()
  t.equal(await session.query(Portrait).count(), 2)
  t.equal((await session.getOrThrow(Portrait, (before as Portrait).id)).authorId, null)
})

/** A tag with two books, and an author with a portrait, which no session has; and what is stored of them. */
async function detachedEnds(rome: Rome) {
  await rome.transact((other) => {
    const tags = [create(Tag, { text: 'novel' })]
    for (const title of ['a', 'b']) other.add(create(Book, { title, tags }))
    other.add(create(Author, { name: 'Austen', portrait: create(Portrait, {}) }))
  })
  const first = rome.session()
  const tag = await first.query(Tag).include('books').one()
  const author = await first.query(Author).include('portrait').one()
  await first.close()
  const stored = async () => {
    await using check = rome.session()
    const { books } = await check.query(Tag).include('books').one()
    const { portrait } = await check.query(Author).include('portrait').one()
    return { books: Array.from(books, ({ title }) => title), portrait: portrait.get()?.id }
  }
  return { tag, author, stored }
}

onBothEngines('what was taken out on the side that stores nothing is taken out', async (t, engine) => {
  const rome = await openLibrary(t, { engine })
  const { tag, author, stored } = await detachedEnds(rome)
  const before = await stored()
  const [a, b] = members(tag.books)
  tag.books.remove(a)
  author.portrait.set(null)

  await using session = rome.session()
  await t.rejects(
    session.begin(async () => {
      const merged = await session.merge(tag)
      await session.merge(author)
      await session.flush()
      t.same(
        Array.from(await merged.books.load(), ({ title }) => title),
        ['b'],
      )
      throw new Error('no')
    }),
    { message: 'no' },
  )
  await session.commit()
  t.same(await stored(), before, 'a rollback forgets it')

  await session.merge(tag)
  const merged = await session.merge(author)
  t.equal(await merged.portrait.load(), null)
  await session.commit()
  t.same(await stored(), { books: ['b'], portrait: undefined })
  t.same(members(tag.books), [b], 'what was given stays what it is')

  await rome.transact((other) => other.merge(tag))
  t.same(await stored(), { books: ['b'], portrait: undefined }, 'once more is no more')
})

t.test('the side that stores a relation takes out as well, and what was put back stays', async (t) => {
  const rome = await openLibrary(t)
  const { tag, author, stored } = await detachedEnds(rome)
  const before = await stored()
  const [a, b] = members(tag.books)
  const portrait = target(author.portrait) as Portrait
  tag.books.remove(a, b)
  tag.books.add(a, b)
  author.portrait.set(null)
  author.portrait.set(portrait)
  await rome.transact(async (other) => {
    await other.merge(tag)
    await other.merge(author)
  })
  t.same(await stored(), before)
  a.tags.remove(tag)
  portrait.author.set(null)
  await rome.transact(async (other) => {
    await other.merge(a)
    await other.merge(portrait)
  })
  t.same(await stored(), { books: ['b'], portrait: undefined })
})

t.test('what was put into a detached graph and taken out again is not stored', async (t) => {
  const rome = await openLibrary(t)
  const { tag, author, stored } = await detachedEnds(rome)
  const before = await stored()
  const portrait = target(author.portrait) as Portrait
  const [drawing, book] = [create(Portrait, {}), create(Book, { title: 'new' })]
  author.portrait.set(drawing)
  author.portrait.set(portrait)
  author.books.add(book)
  author.books.remove(book)
  tag.books.add(book)
  tag.books.remove(book)
  await rome.transact(async (other) => {
    await other.merge(tag)
    await other.merge(author)
  })
  t.same(await stored(), before)
  await using session = rome.session()
  t.same([await session.query(Book).count(), await session.query(Portrait).count()], [2, 1])
})

t.test('a link that others took out meanwhile is no error, and what they put in stays', async (t) => {
  const rome = await openLibrary(t)
  const { tag } = await detachedEnds(rome)
  const [a] = members(tag.books)
  tag.books.remove(a)
  await rome.transact(async (other) => {
    const book = await other.getOrThrow(Book, a.id)
    book.tags.add(create(Tag, { text: 'letter' }))
    book.tags.remove(await other.getOrThrow(Tag, tag.id))
  })
  await rome.transact((other) => other.merge(tag))
  await using session = rome.session()
  const book = await session.query(Book).filterBy({ title: 'a' }).include('tags').one()
  t.same(
    Array.from(book.tags, ({ text }) => text),
    ['letter'],
  )
})

t.test('a merge that is refused changes nothing, one that is rolled back is forgotten', async (t) => {
  const rome = await openRome(t)
  await using first = rome.session()
  const images = ['a', 'b'].map((name) => first.add(create(Image, { name })))
  await first.commit()
  for (const image of images) first.expunge(image)
  images[0].owner = 'me'
  await using session = rome.session()
  const held = await session.getOrThrow(Image, images[0].id)
  await t.rejects(
    session.begin(async () => {
      await session.merge(images[0])
      await session.merge(create(Note, { title: 'new' }))
      t.equal(held.owner, 'me')
      throw new Error('no')
    }),
  )
  t.equal(held.owner, 'nobody')
  t.same(session.pending, [])
  await using reader = rome.session({ readOnly: true })
  await t.rejects(reader.merge(images[0]), { code: 'ROME_READ_ONLY' })
})
