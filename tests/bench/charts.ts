import type { Chart } from './picture.ts';
import { median } from './rounds.ts';
import type { Row, Section } from './rows.ts';
import type { Key } from './targets.ts';

/** Rows that are drawn beside each other, by the number of ports. */
const BY_PORTS: readonly Key[] = ['start_ratio', 'start_100_ports_ratio'];

/** One for every row of the growth that has a target, and one for published ports. */
export function chartsOf(beside: Section, growth: Section): Chart[] {
  const places = growth.columns.filter((column) => column !== 'floor');
  return [...growth.rows.filter(({ key }) => key).map((row) => grownChart(row, places)), portsChart(beside.rows)];
}

function grownChart({ what, unit, measured }: Row, columns: readonly string[]): Chart {
  const at = (column: string) => median(measured[column] ?? []);
  // Where nothing was measured on any host of that size there is no place for it.
  const labels = columns.filter((column) => !Number.isNaN(at(column)));
  const floor = measured.floor ? [{ name: 'floor', values: labels.map(() => at('floor')) }] : [];
  return { title: what, unit, labels, series: [{ name: 'ours', values: labels.map(at) }, ...floor] };
}

function portsChart(rows: readonly Row[]): Chart {
  const both = BY_PORTS.map((wanted) => rows.find(({ key }) => key === wanted));
  const series = (['ours', 'Docker'] as const).map((name) => ({
    name,
    values: both.map((row) => median(row?.measured[name] ?? [])),
  }));
  return { title: 'start of a container, by published ports', unit: 'ms', labels: ['none', '100'], series };
}
