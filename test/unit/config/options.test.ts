import { readFileSync } from 'node:fs'
import { OPTIONS } from '../../../lib/config/options'
import { render, target } from '../../../scripts/config/render-options'

/** The page without the blanks and dashes that align its tables. */
const unaligned = (page: string): string => page.replace(/-{3,}/g, '---').replace(/ +/g, ' ')

test('docs/configuration.md has the table of options as they are', () => {
  // Otherwise: node scripts/config/render-options.js
  expect(unaligned(readFileSync(target, 'utf8'))).toBe(unaligned(render(OPTIONS)))
})

test('the table has a row for each option, with its default and a description', () => {
  const page = render(OPTIONS)
  for (const [name, option] of Object.entries(OPTIONS)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    const [, , expected, fallback, description] = (row ?? '').split('|').map((cell) => cell.trim())
    expect(expected).toBe(option.expected)
    expect(fallback).toBe(option.default === undefined ? '' : `\`${String(option.default as unknown)}\``)
    expect(description?.length).toBeGreaterThan(20)
  }
})
