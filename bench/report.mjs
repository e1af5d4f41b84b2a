// What a run is told as: tables in Markdown, which are as well to be read in a terminal.
import { markdownTable } from 'markdown-table'

/** Units per second of each peer, then how many times as fast the reference is as each of them. */
export function reportOf({ setting, rules, peers, reference, rows, residentBytes, leftOut }) {
  const names = peers.map(({ name }) => name)
  const alignment = (count) => ['l', 'l', ...Array.from({ length: count }, () => 'r')]
  const speeds = rows.map(({ workload, title, unit, values }) => [
    `${workload} ${title}`,
    unit,
    ...names.map((name) => rounded(values[name])),
  ])
  const others = names.filter((name) => name !== reference)
  const ratios = rows.map(({ workload, title, ratio }) => [
    `${workload} ${title}`,
    ...others.map((name) => (ratio[name] === undefined ? '–' : `${twoDigits(ratio[name])}×`)),
  ])
  const memory = names.map((name) => mebibytes(residentBytes[name]))
  const sections = [
    [...setting.map(([name, value]) => `- ${name}: ${value}`), ...rules.map((rule) => `- ${rule}`)].join('\n'),
    markdownTable(
      [
        ['peer', 'what it is', 'versions', 'isolation'],
        ...peers.map(({ name, title, versions, isolation }) => [name, title, versions, isolation]),
      ],
      { align: ['l', 'l', 'l', 'l'] },
    ),
    `Medians, units a second but where another unit is given:`,
    markdownTable([['workload', 'unit', ...names], ...speeds, ['memory after W1', 'MiB', ...memory]], {
      align: alignment(names.length),
    }),
  ]
  if (others.length > 0) {
    sections.push(
      `How many times as fast ${reference} is as each of the others, in this run:`,
      markdownTable([['workload', ...others], ...ratios], { align: alignment(others.length).slice(1) }),
    )
  }
  if (leftOut.length > 0) sections.push(leftOut.map(({ name, reason }) => `Left out: ${name}, ${reason}`).join('\n'))
  return `${sections.join('\n\n')}\n`
}

export function rounded(value) {
  if (value === undefined) return '–'
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

function twoDigits(value) {
  return value < 10 ? value.toPrecision(2) : String(Math.round(value))
}

function mebibytes(bytes) {
  return bytes === undefined ? '–' : String(Math.round(bytes / 2 ** 20))
}
