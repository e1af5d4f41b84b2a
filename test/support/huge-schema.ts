/** How large a generated program is. */
export interface HugeSchema {
  readonly models: number
  readonly queries: number
}

/**
 * The source of a program with many models in a chain of relations, each to the one before and the one after, and many
 * queries, each of which says the type of its results. `library` is what it imports Rome from.
 */
export function hugeSchemaSource({ models, queries }: HugeSchema, library: string): string {
  const numbers = Array.from({ length: models }, (_, number) => number)
  return [
    `import {`,
    `  alias, and_, avg, type Collection, column, count, createdAt, deletedAt, desc, entity, exists, fields, index,`,
    `  lower, manyToOne, max, not_, oneToMany, or_, primaryKey, type Ref, type RomeSession, sum, t, unique, updatedAt,`,
    `  version,`,
    `} from '${library}'`,
    ...numbers.map((number) => modelSource(number, models)),
    ...numbers.map((number) => `const m${number} = fields(Model${number})`),
    ...numbers.map((number) => `const other${number} = alias(Model${number}, 'other')`),
    ...Array.from({ length: queries }, (_, number) => querySource(number, models)),
  ].join('\n\n')
}

function modelSource(number: number, models: number): string {
  const before = number === 0 ? undefined : number - 1
  const after = number === models - 1 ? undefined : number + 1
  return `@entity('models_${number}')
@index('owner', 'status', desc('createdAt'))
@unique('name', { where: (m) => m.parentId.isNotNull() })
export class Model${number} {
  @primaryKey(t.uuid()) id!: string
  @column(t.string({ max: 255 })) name!: string
  @column(t.string().nullable()) owner!: string | null
  @column(t.enum('queued', 'active', 'killed').default('queued')) status!: 'queued' | 'active' | 'killed'
  @column(t.integer().default(0)) count${number}!: number
  @column(t.bigint().nullable()) size!: bigint | null
  @column(t.decimal()) price!: string
  @column(t.boolean()) isOpen!: boolean
  @column(t.json<{ readonly tags: readonly string[] }>()) details!: { readonly tags: readonly string[] }
  @column(t.uuid().nullable()) parentId!: string | null
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
${before === undefined ? '' : parentSource(before)}${after === undefined ? '' : childrenSource(after)}}`
}

function parentSource(before: number): string {
  const inverse = `(m) => m.children`
  return `  @manyToOne(() => Model${before}, ${inverse}, { column: 'parentId' }) parent!: Ref<Model${before} | null>\n`
}

function childrenSource(after: number): string {
  return `  @oneToMany(() => Model${after}, (m) => m.parent) children!: Collection<Model${after}>\n`
}

type WriteQuery = (a: number, b: number) => { readonly result: string; readonly body: string }

/** `b` is the model after `a`, its child. */
const shapes: readonly WriteQuery[] = [
  (a) => ({
    result: `Model${a}[]`,
    body: `session.query(Model${a})
    .filter(or_(m${a}.status.eq('active'), and_(m${a}.owner.eq('demo'), m${a}.size.gt(0n))))
    .orderBy(m${a}.createdAt.desc(), m${a}.id).limit(20).all()`,
  }),
  (a, b) => ({
    result: `[Model${a}, Model${b}][]`,
    body: `session.query(Model${a}, Model${b}).join(Model${b}).filter(m${b}.count${b}.gt(m${a}.count${a})).all()`,
  }),
  (a, b) => ({
    result: `[Model${a}, Model${b} | null][]`,
    body: `session.query(Model${a}, Model${b}).outerJoin(m${a}.children).filterBy({ owner: 'demo' }).all()`,
  }),
  (a) => ({
    result: `[string | null, 'queued' | 'active' | 'killed', number, bigint | null, string | null][]`,
    body: `session.query(m${a}.owner, m${a}.status, count(), sum(m${a}.size), avg(m${a}.price))
    .groupBy(m${a}.owner, m${a}.status).having(count().gt(1)).orderBy(max(m${a}.createdAt)).all()`,
  }),
  (a, b) => ({
    result: `string[]`,
    body: `session.query(m${a}.name)
    .filter(not_(exists(session.query(Model${b}).filter(m${b}.parentId.eq(m${a}.id))))).distinct().all()`,
  }),
  (a) => ({
    result: `Model${a}[]`,
    body: `session.query(Model${a}).filter(m${a}.isOpen.eq(true))
    .union(session.query(Model${a}).filter(lower(m${a}.name).like('a%'))).orderBy(m${a}.name).all()`,
  }),
  (a, b) => ({
    result: `{ items: Model${a}[]; next?: string }`,
    body: `session.query(Model${a})
    .filter(m${a}.children.some((m) => m.count${b}.gt(3)), m${a}.children.every((m) => m.size.isNotNull()))
    .page({ size: 50 })`,
  }),
  (a) => ({
    result: `[string, string, bigint | null][]`,
    body: `session.query(m${a}.name, other${a}.name, m${a}.size.times(2n))
    .join(other${a}, other${a}.parentId.eq(m${a}.id)).all()`,
  }),
  (a) => ({
    result: `number`,
    body: `session.query(Model${a}).filter(m${a}.status.in(['queued', 'killed']))
    .update({ status: 'active', count${a}: m${a}.count${a}.plus(1), owner: null })`,
  }),
  (a, b) => ({
    result: `[string, number | null][]`,
    body: `session.query(
    m${a}.name,
    session.query(max(m${b}.count${b})).filter(m${b}.parentId.eq(m${a}.id)).asScalar(),
  ).all()`,
  }),
]

function querySource(number: number, models: number): string {
  const a = (number * 7) % (models - 1)
  const { result, body } = shapes[number % shapes.length](a, a + 1)
  return `export async function query${number}(session: RomeSession): Promise<${result}> {\n  return ${body}\n}`
}
