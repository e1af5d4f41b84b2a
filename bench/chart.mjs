// A chart of a run as SVG: for each workload a bar for each peer, from zero, so that lengths compare as figures do.
import { rounded } from './report.mjs'

const panel = { width: 420, columns: 3, gap: 24, title: 22, bar: 16, label: 120, value: 76, bottom: 18 }
const head = 40

/** Bars of `isHighlighted` peers have a colour of their own. */
export function chartOf({ title, rows, names, isHighlighted }) {
  const height = panel.title + names.length * panel.bar + panel.bottom
  const width = panel.columns * panel.width + (panel.columns + 1) * panel.gap
  const lines = Math.ceil(rows.length / panel.columns)
  const panels = rows.map((row, index) => {
    const x = panel.gap + (index % panel.columns) * (panel.width + panel.gap)
    const y = head + Math.floor(index / panel.columns) * height
    return panelOf(row, names, isHighlighted).replace('<g>', `<g transform="translate(${x} ${y})">`)
  })
  const size = `width="${width}" height="${head + lines * height}" viewBox="0 0 ${width} ${head + lines * height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11" fill="#222222">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${panel.gap}" y="24" font-size="14">${escaped(title)}</text>
${panels.join('\n')}
</svg>
`
}

function panelOf({ workload, title, unit, values }, names, isHighlighted) {
  const largest = Math.max(...names.map((name) => values[name] ?? 0))
  const room = panel.width - panel.label - panel.value
  const bars = names.map((name, index) => {
    const value = values[name]
    const y = panel.title + index * panel.bar
    const length = value === undefined ? 0 : Math.max(1, (value / largest) * room)
    const colour = isHighlighted(name) ? '#b5362c' : '#9aa5b1'
    return [
      `<text x="${panel.label - 6}" y="${y + 11}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${panel.label}" y="${y + 2}" width="${length.toFixed(1)}" height="${panel.bar - 4}" fill="${colour}"/>`,
      `<text x="${panel.label + length + 4}" y="${y + 11}">${rounded(value)}</text>`,
    ].join('')
  })
  const heading = `${workload} ${title}, ${unit}`
  return `<g><text x="0" y="12" font-weight="bold">${escaped(heading)}</text>\n${bars.join('\n')}</g>`
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
