import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import { compilerMessages } from '../support/compiler.js'
import { commentBlocks, type ExampleModule, joinBlocks, pageBlocks } from '../support/documentation-examples.js'
import { projectRoot } from '../support/project.js'

const runTimeMsMax = 60_000

// Inside the project, because there the package finds itself by its name, as it is built and as users import it.
const directory = join(projectRoot, 'dist', 'documentation-examples')
const pages = pageBlocks()
const compiled: ExampleModule[] = []
const run: ExampleModule[] = []
for (const [path, blocks] of pages) {
  const name = path.replace(/\.md$/, '')
  const runBlocks = blocks.filter((block) => block.isRun)
  const whole = joinBlocks(runBlocks.length === blocks.length ? name : `${name}.whole`, blocks)
  compiled.push(whole)
  if (runBlocks.length === 0) continue
  const runnable = runBlocks.length === blocks.length ? whole : joinBlocks(name, runBlocks)
  if (runnable !== whole) compiled.push(runnable)
  run.push(runnable)
}
const comments = commentBlocks()
compiled.push(...comments.map((block) => joinBlocks(`${block.path.replace(/\.ts$/, '')}.${block.line}`, [block])))

t.before(async () => {
  rmSync(directory, { recursive: true, force: true })
  for (const { name, code } of compiled) {
    const file = join(directory, `${name}.ts`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, withBuiltGlance(code, dirname(file)))
  }
  const compilerOptions = {
    rootDir: '.',
    outDir: '.',
    declaration: false,
    sourceMap: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    // The package as it is built, not its sources.
    paths: {},
  }
  const project = { extends: '../../tsconfig.json', compilerOptions, include: ['**/*.ts'], exclude: [] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(project))
})

t.test('the examples of README, docs and comments compile against the built package', async (t) => {
  t.ok(pages.has('README.md'), 'README.md has examples')
  t.ok(comments.length > 0, 'comments have examples')
  for (const message of await compilerMessages(directory)) t.fail(withOrigin(message))
})

for (const { name } of run) {
  t.test(`the examples of ${name}.md run to their end`, async (t) => {
    const workingDirectory = join(directory, `${name}.run`)
    mkdirSync(workingDirectory, { recursive: true })
    t.equal(await errorOutput(join(directory, `${name}.js`), workingDirectory), '')
  })
}

/** Names the package of glance by where it is built: only `rome-orm` finds itself by its name here. */
function withBuiltGlance(code: string, directory: string): string {
  const built = relative(directory, join(projectRoot, 'dist', 'glance', 'lib', 'index.js')).replaceAll('\\', '/')
  return code.replaceAll("from '@rome-orm/glance'", `from '${built}'`)
}

/** What a program wrote about its failure; nothing when it ended well. */
function errorOutput(program: string, workingDirectory: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program],
      { cwd: workingDirectory, timeout: runTimeMsMax },
      (error, _stdout, stderr) => {
        resolve(error === null ? '' : stderr || error.message)
      },
    )
  })
}

/** Where the line of a compiler's message stands in the page or the comment. */
function withOrigin(message: string): string {
  const match = message.match(/documentation-examples\/(.+)\.ts\((\d+),/)
  const origin = compiled.find((module) => module.name === match?.[1])?.origins[Number(match?.[2]) - 1]
  return origin === undefined ? message : `${origin} ${message.replace(/^[^:]*: /, '')}`
}
