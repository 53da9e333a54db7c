import { chartsOf } from '../../bench/charts.ts';
import { type Chart, pictureOf } from '../../bench/picture.ts';
import type { Row, Section } from '../../bench/rows.ts';

const chart: Chart = {
  title: 'a < b & c',
  unit: 'ms',
  labels: ['none', '100', '1,000'],
  series: [
    { name: 'ours', values: [5, Number.NaN, 10] },
    { name: 'floor', values: [0, 0, 0] },
  ],
};
const points = (picture: string) => [...picture.matchAll(/points="([^"]*)"/g)].map(([, text]) => text);

test('zero is on the line below, the highest value at the top, and a gap is left out', () => {
  expect(points(pictureOf('Costs', [chart]))).toEqual(['40,119,280,52', '40,186,160,186,280,186'].map(pairs));
});

/** x,y x,y of x,y,x,y. */
const pairs = (text: string) => text.replaceAll(/(\d+,\d+),/g, '$1 ');

test('words are escaped, and every element is closed', () => {
  const picture = pictureOf('Costs', [chart, chart]);
  expect(picture).toContain('a &lt; b &amp; c, ms');
  expect(picture.match(/<g /g)?.length).toBe(picture.match(/<\/g>/g)?.length);
  expect(picture.match(/<text /g)?.length).toBe(picture.match(/<\/text>/g)?.length);
});

test('charts stand three in a row', () => {
  expect(pictureOf('Costs', [chart, chart, chart, chart])).toContain('viewBox="0 0 960 480"');
});

test('nothing but zeros is drawn without a division by zero', () => {
  expect(pictureOf('Costs', [{ ...chart, series: [{ name: 'ours', values: [0, 0, 0] }] }])).not.toContain('NaN');
});

const grown: Row = {
  what: 'attach',
  unit: 'ms',
  measured: { none: [1], '1,000': [2, 3], floor: [0.5] },
  result: { of: '1,000', over: 'none' },
  key: 'attach_growth',
};
const sections = (rows: Row[]): Section => ({
  title: '',
  columns: ['none', '10', '1,000', 'floor'],
  result: '',
  rows,
});

test('what has a target gets a chart, with the sizes that it was measured at', () => {
  const { key: _, ...aside } = grown;
  const [first, ...rest] = chartsOf(sections([]), sections([grown, aside]));
  expect(first).toEqual({
    title: 'attach',
    unit: 'ms',
    labels: ['none', '1,000'],
    series: [
      { name: 'ours', values: [1, 2.5] },
      { name: 'floor', values: [0.5, 0.5] },
    ],
  });
  // That of published ports.
  expect(rest).toHaveLength(1);
});
