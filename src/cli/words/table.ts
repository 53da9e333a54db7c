import { printable } from './printable.ts';

const GAP = '   ';

/** Aligned columns below their heads. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => printable(String(cell)) || '-'));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => aligned(line, widths)).join('');
}

/** One thing and its properties, those that are empty left out. */
export function properties(pairs: readonly (readonly [name: string, value: string | number | undefined])[]): string {
  const present = pairs.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...present.map(([name]) => name.length));
  return present.map(([name, value]) => aligned([name, printable(String(value))], [width])).join('');
}

const aligned = (cells: readonly string[], widths: readonly number[]): string =>
  `${cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join(GAP)
    .trimEnd()}\n`;
