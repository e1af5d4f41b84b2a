import { posix } from 'node:path'
import { readProjectFile, withoutComments } from './project.js'

/** A name that an entry point exports, and where it is declared. */
export interface ExportedName {
  readonly name: string
  readonly path: string
  readonly isDocumented: boolean
}

const reExportPattern = /\bexport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/g

/** What an entry point of named re-exports gives out, followed to the files that declare it. */
export function exportedNames(path: string): ExportedName[] {
  const source = readProjectFile(path)
  const names = [...withoutComments(source).matchAll(reExportPattern)].flatMap((match) => {
    const target = posix.join(posix.dirname(path), match[2] ?? '').replace(/\.js$/, '.ts')
    return specifiersOf(match[1] ?? '').map((specifier) => ({
      ...declarationOf(specifier.from, target),
      name: specifier.as,
    }))
  })
  return [...names, ...declaredNames(source).map((name) => ({ name, path, isDocumented: isDocumented(name, source) }))]
}

function declarationOf(name: string, path: string): { path: string; isDocumented: boolean } {
  const source = readProjectFile(path)
  if (declaredNames(source).includes(name)) return { path, isDocumented: isDocumented(name, source) }
  const passedOn = exportedNames(path).find((exported) => exported.name === name)
  if (passedOn !== undefined) return passedOn
  // `export { A as B }` of something declared in the same file, with its own comment.
  return { path, isDocumented: new RegExp(`\\*/\\s*export \\{[^}]*\\b${name}\\b`).test(source) }
}

function specifiersOf(list: string): { from: string; as: string }[] {
  const specifiers = list.split(',').map((text) => text.trim().replace(/^type\s+/, ''))
  return specifiers
    .filter((text) => text !== '')
    .map((text) => {
      const [from = '', as = from] = text.split(/\s+as\s+/)
      return { from, as }
    })
}

const declarationPattern =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|let|interface|type) (\w+)/gm

function declaredNames(source: string): string[] {
  return [...source.matchAll(declarationPattern)].map((match) => match[1] ?? '')
}

/** A function with several signatures needs a comment at one of them. */
function isDocumented(name: string, source: string): boolean {
  const keywords = '(?:declare |abstract |async )*(?:class|function\\*?|const|let|interface|type)'
  return new RegExp(`\\*/\\s*(?:@[^\\n]*\\s*)*export ${keywords} ${name}\\b`).test(source)
}
