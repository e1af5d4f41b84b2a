import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

@entity('students')
class Student {
  @primaryKey(types.integer()) id!: number
  @manyToMany(() => Course, {
    through: () => Seat,
    from: (seat) => seat.student,
    to: (seat) => seat.course,
    orderBy: 'id',
  })
  courses!: Collection<Course>
  @manyToMany(() => Course, { through: () => Mark, from: (mark) => mark.student, to: (mark) => mark.course })
  marked!: Collection<Course>
}

@entity('courses')
class Course {
  @primaryKey(types.integer()) id!: number
}

/** Found by its key. */
@entity('seats')
class Seat {
  @primaryKey(types.integer()) studentId!: number
  @primaryKey(types.integer()) courseId!: number
  @column(types.string().default('free')) note!: string
  @deletedAt() deletedAt!: Date | null
  @updatedAt() updatedAt!: Date
  @version() version!: number
  @manyToOne(() => Student, { column: 'studentId', onDelete: 'cascade' }) student!: Ref<Student>
  @manyToOne(() => Course, { column: 'courseId', onDelete: 'cascade' }) course!: Ref<Course>
}

/** Found by its foreign keys: there may be several of a pair. */
@entity('marks')
class Mark {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) studentId!: number
  @column(types.integer()) courseId!: number
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Student, { column: 'studentId' }) student!: Ref<Student>
  @manyToOne(() => Course, { column: 'courseId' }) course!: Ref<Course>
}

const models = [Student, Course, Seat, Mark]
const ids = (courses: Collection<Course>) => (courses as LoadedCollection<Course>).toArray().map(({ id }) => id)

onBothEngines('taking a pair apart soft-deletes its row, and joining it again revives that', async (t, engine) => {
  let now = 1000
  await using rome = await Rome.open({ engine, models, clock: () => new Date(now), fullScans: 'allow' })
  await using session = rome.session()
  const courses = [1, 2].map((id) => create(Course, { id }))
  const student = session.add(create(Student, { id: 1, courses }))
  await session.commit()
  const seat = await session.getOrThrow(Seat, { studentId: 1, courseId: 2 })
  seat.note = 'by the window'
  await session.commit()

  now = 2000
  student.courses.remove(courses[1])
  await session.commit()
  t.same([seat.deletedAt, seat.version], [new Date(2000), 3], 'the entity of the row follows')
  t.equal(await session.get(Seat, { studentId: 1, courseId: 2 }), undefined)
  t.same(ids(await student.courses.load()), [1])
  t.equal(
    await session
      .query(Student)
      .filter(fields(Student).courses.some((course) => course.id.eq(2)))
      .count(),
    0,
  )

  now = 3000
  await using other = rome.session()
  const again = await other.getOrThrow(Student, 1)
  again.courses.add(await other.getOrThrow(Course, 2))
  await other.commit()
  const revived = await other.getOrThrow(Seat, { studentId: 1, courseId: 2 })
  t.same([revived.note, revived.deletedAt, revived.version], ['by the window', null, 4], 'with what it had')
  t.same(revived.updatedAt, new Date(3000))
  t.same(ids(await again.courses.load()), [1, 2])
  t.equal(await other.query(Seat).withDeleted().count(), 2, 'no second row was made')

  await session.commit()
  t.same(ids(await student.courses.load()), [1, 2], 'seen by the session that had taken it apart')
})

onBothEngines('a pair of several rows is taken apart whole, and one of them is revived', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await using session = rome.session()
  const course = session.add(create(Course, { id: 1 }))
  const student = session.add(create(Student, { id: 1 }))
  for (const id of [1, 2]) session.add(create(Mark, { id, student, course }))
  await session.commit()
  t.same(ids(await student.marked.load({ refresh: true })), [1])
  student.marked.remove(course)
  await session.commit()
  t.equal(await session.query(Mark).count(), 0)
  t.equal(await session.query(Mark).onlyDeleted().count(), 2)
  student.marked.add(course)
  await session.commit()
  t.equal(await session.query(Mark).count(), 1)
  t.same(ids(await student.marked.load({ refresh: true })), [1])
  student.marked.remove(course)
  student.marked.add(course)
  await session.commit()
  t.equal(await session.query(Mark).count(), 1, 'nothing to write')
})

onBothEngines('a rollback takes back what became of the row between', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await using session = rome.session()
  const course = create(Course, { id: 1 })
  const student = session.add(create(Student, { id: 1, courses: [course] }))
  await session.commit()
  student.courses.remove(course)
  await session.flush()
  t.equal(await session.query(Seat).count(), 0)
  await session.rollback()
  t.same(ids(student.courses), [1])
  t.equal(await session.query(Seat).count(), 1)
  student.courses.remove(course)
  await session.commit()
  student.courses.add(course)
  await session.flush()
  await session.rollback()
  t.same(ids(await student.courses.load()), [])
  t.equal(await session.query(Seat).onlyDeleted().count(), 1)
})
