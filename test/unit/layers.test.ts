import t from 'tap'
import { importsOf } from '../support/imports.js'
import { projectFiles, readProjectFile } from '../support/project.js'

/** The arrows as ARCHITECTURE.md draws them: each layer and the ones just below it. */
const layersBelow: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  async: [],
  codec: ['errors', 'async'],
  values: ['codec'],
  expressions: ['values'],
  schema: ['expressions'],
  decorators: ['schema'],
  engines: ['codec'],
  records: ['engines', 'schema'],
  query: ['records'],
  session: ['query'],
  index: ['session', 'decorators'],
  cli: ['index'],
}

/** The packages that only one place may import. */
const packageHomes: Readonly<Record<string, RegExp>> = {
  msgpackr: /^lib\/codec\//,
  'classic-level': /^lib\/engines\/level\//,
  level: /^lib\/engines\/level\//,
  'abstract-level': /^lib\/engines\/level\//,
  commander: /^lib\/cli\//,
}

const sources = projectFiles(/^lib\/.*\.ts$/)
const importsBySource = new Map(sources.map((path) => [path, importsOf(path)]))

t.test('every folder of lib is a layer that ARCHITECTURE.md draws and describes', async (t) => {
  const architecture = readProjectFile('ARCHITECTURE.md')
  const drawing = architecture.split('```')[1] ?? ''
  const drawn = new Set(drawing.match(/[a-z]+/g))
  t.strictSame([...drawn].sort(), Object.keys(layersBelow).sort(), 'the drawing and this test name the same layers')
  for (const layer of new Set(sources.map(layerOf))) {
    t.ok(drawn.has(layer), `${layer} is drawn`)
    if (layer !== 'index') t.match(architecture, `| \`lib/${layer}\` |`, `${layer} has its line in the table`)
  }
})

t.test('imports between the folders of lib run along the arrows of ARCHITECTURE.md', async (t) => {
  for (const [path, imports] of importsBySource) {
    const layer = layerOf(path)
    const allowed = allBelow(layer)
    for (const imported of imports.filter((path) => path.startsWith('lib/'))) {
      const target = layerOf(imported)
      if (target !== layer && !allowed.has(target)) t.fail(`${path} imports ${imported}, against the arrows`)
      if (!importsBySource.has(imported)) t.fail(`${path} imports ${imported}, which is not a source of lib`)
    }
  }
  t.ok(sources.length > 0, `${sources.length} files looked at`)
})

t.test('no file of lib imports itself by way of others', async (t) => {
  const isDone = new Set<string>()
  const path: string[] = []
  const visit = (source: string): void => {
    if (isDone.has(source)) return
    const start = path.indexOf(source)
    if (start !== -1) {
      t.fail(`a cycle: ${[...path.slice(start), source].join(' → ')}`)
      return
    }
    path.push(source)
    for (const imported of importsBySource.get(source) ?? []) if (importsBySource.has(imported)) visit(imported)
    path.pop()
    isDone.add(source)
  }
  for (const source of sources) visit(source)
  t.equal(isDone.size, sources.length)
})

t.test('a package with one home is imported nowhere else', async (t) => {
  for (const [path, imports] of importsBySource) {
    for (const imported of imports) {
      const home = packageHomes[imported]
      if (home !== undefined && !home.test(path)) t.fail(`${path} imports ${imported}`)
    }
  }
  t.ok(
    sources.some((path) => importsBySource.get(path)?.includes('msgpackr')),
    'msgpackr is imported at its home',
  )
})

t.test('lib imports the packages that it depends on, and no others', async (t) => {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(readProjectFile('package.json'))
  const imported = new Set([...importsBySource.values()].flat().filter((name) => !/^(?:lib\/|node:)/.test(name)))
  t.strictSame([...imported].sort(), Object.keys(manifest.dependencies).sort())
})

t.test('glance imports the public entries of Rome, its own files, and the packages that it depends on', async (t) => {
  const manifest: { dependencies?: Record<string, string>; peerDependencies: Record<string, string> } = JSON.parse(
    readProjectFile('glance/package.json'),
  )
  const packages = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  const glance = projectFiles(/^glance\/lib\/.*\.ts$/)
  for (const path of glance) {
    for (const imported of importsOf(path)) {
      const isAllowed = /^(?:glance\/lib\/|node:)/.test(imported) || packages.has(imported)
      if (!isAllowed) t.fail(`${path} imports ${imported}`)
    }
  }
  t.ok(glance.length > 0, `${glance.length} files looked at`)
})

function layerOf(path: string): string {
  const [, first = ''] = path.split('/')
  return first.replace(/\.ts$/, '')
}

function allBelow(layer: string): Set<string> {
  const below = layersBelow[layer] ?? []
  return new Set(below.flatMap((name) => [name, ...allBelow(name)]))
}
