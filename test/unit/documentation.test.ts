import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import t from 'tap'
import { errorCodes } from '../../lib/errors/codes.js'
import { exportedNames } from '../support/exported-names.js'
import { projectFiles, projectRoot, readProjectFile } from '../support/project.js'

const pages = projectFiles(/\.md$/)
const fence = /^[ \t]*```[\s\S]*?^[ \t]*```/gm

t.test('every error code has its page, in which it is the title, and a line in the index', async (t) => {
  const index = readProjectFile('docs/errors/README.md')
  for (const code of errorCodes) {
    const path = `docs/errors/${code}.md`
    if (!pages.includes(path)) t.fail(`${path} is missing`)
    else t.match(readProjectFile(path), new RegExp(`^# ${code}\n`), `${path} begins with its code`)
    if (!index.includes(`[${code}](${code}.md)`)) t.fail(`docs/errors/README.md does not name ${code}`)
  }
})

t.test('docs/errors has no page of a code that is not there', async (t) => {
  const known = new Set<string>(errorCodes)
  const names = pages.filter((path) => path.startsWith('docs/errors/')).map((path) => posix.basename(path, '.md'))
  t.strictSame(
    names.filter((name) => name !== 'README' && !known.has(name)),
    [],
  )
})

t.test('every error code is expected by some test', async (t) => {
  const tests = projectFiles(/^test\/.*\.test\.ts$/).map(readProjectFile)
  t.strictSame(
    errorCodes.filter((code) => !tests.some((text) => text.includes(code))),
    [],
  )
})

t.test('every error code is raised by lib', async (t) => {
  const sources = projectFiles(/^lib\/.*\.ts$/).filter((path) => path !== 'lib/errors/codes.ts')
  const text = sources.map(readProjectFile).join('\n')
  t.strictSame(
    errorCodes.filter((code) => !text.includes(`'${code}'`)),
    [],
  )
})

t.test('every public export carries a comment', async (t) => {
  const entryPoints = ['', 'glance/'].flatMap((folder) => {
    const manifest: { exports: Record<string, { default: string } | string> } = JSON.parse(
      readProjectFile(`${folder}package.json`),
    )
    return Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : [entry.default.replace('./dist/', folder).replace(/\.js$/, '.ts')],
    )
  })
  t.ok(entryPoints.length > 0)
  for (const path of entryPoints) {
    const names = exportedNames(path)
    t.ok(names.length > 0, `${path} exports something`)
    const bare = names.filter((exported) => !exported.isDocumented)
    t.strictSame(
      bare.map((exported) => `${exported.name} in ${exported.path}`),
      [],
      path,
    )
  }
})

t.test('no page has a link to what is not there', async (t) => {
  for (const path of pages) {
    for (const target of linksOf(readProjectFile(path))) {
      const [file = '', anchor] = target.split('#')
      const linked = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file))
      if (!existsSync(join(projectRoot, linked))) t.fail(`${path} links to ${target}, which is not there`)
      else if (anchor !== undefined && linked.endsWith('.md') && !anchorsOf(readProjectFile(linked)).has(anchor)) {
        t.fail(`${path} links to ${target}, which has no such heading`)
      }
    }
  }
  t.ok(pages.length > 0, `${pages.length} pages looked at`)
})

t.test('the files that the package promises to contain are there', async (t) => {
  const manifest: { files: string[] } = JSON.parse(readProjectFile('package.json'))
  for (const path of manifest.files.filter((path) => path !== 'dist/lib')) {
    t.ok(statSync(join(projectRoot, path), { throwIfNoEntry: false }) !== undefined, `${path} is there`)
  }
})

/** Targets of relative links, outside code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replace(fence, '').replace(/`[^`\n]*`/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '')
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
}

/** The anchors that GitHub makes of headings. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replace(fence, '').matchAll(/^#{1,6}\s+(.+)$/gm)]
  return new Set(
    headings.map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )
}
