import t from 'tap'
import { projectFiles, readProjectFile, withoutComments } from '../support/project.js'

const lineLengthMax = 120
const fileLinesMax = 400

/** Files beyond the limit that hold one thing nevertheless, and why. */
const longFiles: Readonly<Record<string, string>> = {
  'lib/query/query.ts': 'the public face of a query: a line of code a method, the rest is its documentation',
  'lib/session/rome.ts': 'the public face of a store, more than half of it documentation',
  'lib/session/session.ts': 'the public face of a session, more than half of it documentation',
  'lib/session/unit-of-work.ts': 'the states of an entity with the way back from each: apart they cannot be checked',
}

const code = projectFiles(/^(?:lib|glance|test|examples|scripts|bench)\/.*\.(?:ts|mjs)$/)
const lib = projectFiles(/^(?:glance\/)?lib\/.*\.ts$/)

t.test('no line of code is longer than the limit', async (t) => {
  const tooLong = code.flatMap((path) =>
    readProjectFile(path)
      .split('\n')
      .flatMap((line, index) =>
        line.length > lineLengthMax ? [`${path}:${index + 1} has ${line.length} columns`] : [],
      ),
  )
  t.strictSame(tooLong, [])
  t.ok(code.length > 0, `${code.length} files looked at`)
})

t.test('a file of lib beyond the limit is listed here with its reason', async (t) => {
  for (const path of lib) {
    const lines = readProjectFile(path).split('\n').length - 1
    if (lines > fileLinesMax && longFiles[path] === undefined) t.fail(`${path} has ${lines} lines: is it one thing?`)
    if (lines <= fileLinesMax && longFiles[path] !== undefined) t.fail(`${path} has ${lines} lines: unlist it`)
  }
  for (const path of Object.keys(longFiles)) t.ok(lib.includes(path), `${path} is there`)
  t.ok(lib.length > 0, `${lib.length} files looked at`)
})

t.test('lib holds nothing unfinished, unchecked or switched off', async (t) => {
  const inCode: readonly [RegExp, string][] = [
    [/[:<|&,([=]\s*any\b(?!\s*[:(])|\bas any\b/, 'any: use unknown or a type parameter'],
    [/^\s*(?:export )?(?:declare )?(?:const )?enum\s+\w/, 'an enum: use a union of texts'],
    [/^\s*(?:export )?(?:declare )?(?:namespace|module)\b\s+\w/, 'a namespace: use a file'],
    [/\bconsole\./, 'the console: take a logger'],
  ]
  const anywhere: readonly [RegExp, string][] = [
    [/@ts-(?:ignore|nocheck|expect-error)/, 'a compiler error silenced'],
    [/\b(?:TODO|FIXME|XXX|HACK)\b|not (?:yet )?implemented/, 'something unfinished'],
  ]
  for (const path of lib) {
    const source = readProjectFile(path)
    const isCommandLine = /^(?:glance\/)?lib\/cli\//.test(path)
    for (const [pattern, what] of inCode) {
      if (isCommandLine && what.startsWith('the console')) continue
      report(withoutComments(source), pattern, (line) => t.fail(`${path}:${line} has ${what}`))
    }
    for (const [pattern, what] of anywhere) report(source, pattern, (line) => t.fail(`${path}:${line} has ${what}`))
  }
  t.ok(lib.length > 0, `${lib.length} files looked at`)
})

t.test('no test is skipped or runs alone', async (t) => {
  const tests = projectFiles(/^test\/.*\.ts$/)
  for (const path of tests) {
    const pattern = /\bt\.(?:skip|todo|only)\(|\b(?:skip|todo|only): (?:true|')/
    report(withoutComments(readProjectFile(path)), pattern, (line) => t.fail(`${path}:${line} is switched off`))
  }
  t.ok(tests.length > 0, `${tests.length} files looked at`)
})

t.test('files and folders have kebab-case names that say what they hold', async (t) => {
  const drawers = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'shared'])
  for (const path of code) {
    for (const part of path.split('/').slice(1)) {
      const name = part.replace(/(?:\.test|\.d)?\.(?:ts|mjs)$/, '')
      if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) t.fail(`${path}: ${part} is not in kebab case`)
      // The kind of a test is a folder of its own: test/types holds what must compile and what must not.
      if (drawers.has(name) && !path.startsWith('test/types/')) t.fail(`${path}: ${part} says nothing of its contents`)
    }
  }
  t.ok(code.length > 0, `${code.length} files looked at`)
})

t.test('every test file is of one of the kinds', async (t) => {
  const kinds = /^test\/(?:unit|conformance|property|differential|crash|memory|types|golden|glance|support|fixtures)\//
  for (const path of projectFiles(/^test\//)) t.match(path, kinds)
})

t.test('no file names a path of the machine that it was written on', async (t) => {
  const machinePath = /(?<![\w.~-])\/(?:home|root|Users|work|mnt)\/\w|\b[A-Z]:\\+Users\b/
  const files = projectFiles(/\.(?:ts|mjs|md|json|yml)$|^\.ci\/|^\.taprc$/)
  for (const path of files) {
    report(readProjectFile(path), machinePath, (line) => t.fail(`${path}:${line} names a path of one machine`))
  }
  t.ok(files.length > 0, `${files.length} files looked at`)
})

function report(text: string, pattern: RegExp, found: (line: number) => void): void {
  text.split('\n').forEach((line, index) => {
    if (pattern.test(line)) found(index + 1)
  })
}
