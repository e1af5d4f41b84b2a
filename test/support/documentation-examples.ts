import { projectFiles, readProjectFile } from './project.js'

/** One ```ts block of a page or of a comment. */
export interface ExampleBlock {
  readonly path: string
  /** Of the block's first line of code. */
  readonly line: number
  readonly code: string
  /** The block is tagged `no-run`: it is compiled only. */
  readonly isRun: boolean
}

/** Blocks that make one module, and the lines they came from. */
export interface ExampleModule {
  /** Without extension. */
  readonly name: string
  readonly code: string
  /** For each line of `code`, the file and line it came from. */
  readonly origins: readonly string[]
}

const fencePattern = /^[ \t]*```ts(?<tag> no-run)?[ \t]*\n(?<code>[\s\S]*?)^[ \t]*```[ \t]*$/gm

/** The READMEs and the guides: each page's blocks, in order. */
export function pageBlocks(): ReadonlyMap<string, readonly ExampleBlock[]> {
  const pages = projectFiles(/^(?:glance\/)?README\.md$|^docs\/.*\.md$/).map(
    (path) => [path, blocksOf(path, readProjectFile(path))] as const,
  )
  return new Map(pages.filter(([, blocks]) => blocks.length > 0))
}

/** The examples in the comments of lib and glance, each of which stands alone. */
export function commentBlocks(): readonly ExampleBlock[] {
  return projectFiles(/^(?:glance\/)?lib\/.*\.ts$/).flatMap((path) => {
    // Only comments keep their lines, bared of the leading asterisk: blocks are then those of a page.
    const bared = readProjectFile(path)
      .split('\n')
      .map((line) => (/^\s*\* ?/.test(line) ? line.replace(/^\s*\* ?/, '') : ''))
      .join('\n')
    return blocksOf(path, bared)
  })
}

function blocksOf(path: string, text: string): ExampleBlock[] {
  return [...text.matchAll(fencePattern)].map((match) => ({
    path,
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match.groups?.code ?? '',
    isRun: match.groups?.tag === undefined,
  }))
}

const importPattern =
  /^import\s+(?<type>type\s+)?(?<what>[^'"]*?)\s*from\s*'(?<from>[^']+)'\s*;?$|^import\s+'[^']+'\s*;?$/gm

/**
 * Joins blocks to one module, as a reader does who types them one after the other. Imports that blocks repeat, so that
 * each can be read alone, are taken once.
 */
export function joinBlocks(name: string, blocks: readonly ExampleBlock[]): ExampleModule {
  const named = new Map<string, Set<string>>()
  const others = new Set<string>()
  const lines: string[] = []
  const origins: string[] = []
  for (const block of blocks) {
    const body = block.code.replace(importPattern, (statement, ...rest) => {
      const groups: Record<string, string | undefined> = rest[rest.length - 1]
      if (groups.what?.startsWith('{') && groups.from !== undefined) {
        const specifiers = groups.what
          .replace(/[{}]/g, '')
          .split(',')
          .map((text) => text.trim())
        const known = named.get(groups.from) ?? new Set()
        for (const specifier of specifiers.filter((text) => text !== '')) {
          known.add(groups.type === undefined ? specifier : `type ${specifier}`)
        }
        named.set(groups.from, known)
      } else others.add(statement)
      return statement.replace(/[^\n]/g, '')
    })
    body.split('\n').forEach((line, index) => {
      lines.push(line)
      origins.push(`${block.path}:${block.line + index}`)
    })
  }
  const imports = [
    ...others,
    ...[...named].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}'`),
  ]
  // An import makes a module of it even when no block has one.
  const head = [...imports, 'export {}']
  return {
    name,
    code: [...head, ...lines].join('\n'),
    origins: [...head.map(() => blocks[0]?.path ?? name), ...origins],
  }
}
