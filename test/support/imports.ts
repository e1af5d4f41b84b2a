import { posix } from 'node:path'
import { readProjectFile, withoutComments } from './project.js'

const importPattern = /\b(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g

/** What a source file imports: paths of the project for relative imports, package names for the others. */
export function importsOf(path: string): string[] {
  const code = withoutComments(readProjectFile(path))
  return [...code.matchAll(importPattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    if (!specifier.startsWith('.')) return packageOf(specifier)
    return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
  })
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
