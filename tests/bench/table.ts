import { median } from './rounds.ts';
import { limitOfRow, quotient, type Row, type Section } from './rows.ts';
import { isMet, limitOf } from './targets.ts';

/** A section as a table of Markdown with columns that are also straight on a terminal. */
export function tableOf(section: Section): string {
  const heads = [
    ...['', ...section.columns, section.result],
    ...(section.also ? [section.also.heading] : []),
    ...['target', ''],
  ];
  const lines = [heads, ...section.rows.map((row) => cellsOf(row, section))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const [head = '', ...body] = lines.map((line) => lineOf(line, widths));
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${column === 0 ? '-' : ':'}`).join('|')}|`;
  return [section.title, '', head, rule, ...body].join('\n');
}

function cellsOf(row: Row, { columns, also }: Section): string[] {
  const limit = limitOfRow(row);
  const result = row.result ? quotient(row, row.result) : Number.NaN;
  return [
    `${row.what}, ${row.unit}`,
    ...columns.map((column) => shown(median(row.measured[column] ?? []))),
    shown(result),
    ...(also ? [shown(quotient(row, also))] : []),
    limit ? limitOf(limit) : '',
    limit ? (isMet(limit, result) ? 'met' : 'MISSED') : '',
  ];
}

/** What is being told stands on the left, numbers on the right. */
const lineOf = (cells: readonly string[], widths: readonly number[]) =>
  `|${cells.map((cell, column) => ` ${column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)} `).join('|')}|`;

/** Three digits and no more say something here. Empty where nothing was measured. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.0995 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
