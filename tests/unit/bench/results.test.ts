import { quotient, type Row, resultsOf, type Section } from '../../bench/rows.ts';
import { shown, tableOf } from '../../bench/table.ts';
import { isMet, KEYS, limitOf, TARGETS } from '../../bench/targets.ts';

const row: Row = {
  what: 'network connect',
  unit: 'ms',
  measured: { ours: [90, 80, 1_000], Docker: [100, 120, 110] },
  result: { of: 'ours', over: 'Docker' },
  key: 'connect_ratio',
};
const section: Section = {
  title: 'Costs',
  columns: ['ours', 'Docker', 'floor'],
  result: 'ratio',
  also: { heading: 'other way round', of: 'Docker', over: 'ours' },
  rows: [row, { ...row, what: 'memory', unit: 'MiB', result: { of: 'ours' }, key: 'rss_mib' }],
};

test('a result is a median, or the median of what the rounds are in proportion', () => {
  expect(quotient(row, { of: 'ours', over: 'Docker' })).toBeCloseTo(90 / 100);
  expect(quotient(row, { of: 'ours' })).toBe(90);
});

test('columns with other rounds are compared by their medians', () => {
  const measured = { ours: [90, 80, 1_000], Docker: [100, 120] };
  expect(quotient({ ...row, measured }, { of: 'ours', over: 'Docker' })).toBeCloseTo(90 / 110);
});

test('what a column does not have is no number', () => {
  expect(quotient(row, { of: 'ours', over: 'floor' })).toBeNaN();
});

test('results go by the names of their targets, with three digits behind the point', () => {
  expect(resultsOf([section])).toEqual({ connect_ratio: 0.9, rss_mib: 90 });
});

test.each([
  ['connect_ratio', 1, true],
  ['connect_ratio', 1.001, false],
  ['throughput_ratio', 0.85, true],
  ['throughput_ratio', 0.849, false],
  ['listen_ms', Number.NaN, false],
] as const)('%s of %d is met: %p', (key, result, expected) => {
  expect(isMet(TARGETS[key], result)).toBe(expected);
});

test('limits read as in a table', () => {
  expect([limitOf(TARGETS.restart_s_1000), limitOf(TARGETS.throughput_ratio)]).toEqual(['<= 1', '>= 0.85']);
});

test('there are the fourteen that the benchmark promises', () => {
  expect(KEYS).toHaveLength(14);
});

test('a table has straight columns, and says which targets are met', () => {
  expect(tableOf(section).split('\n')).toEqual([
    'Costs',
    '',
    '|                     | ours | Docker | floor | ratio | other way round | target |     |',
    '|---------------------|-----:|-------:|------:|------:|----------------:|-------:|----:|',
    '| network connect, ms | 90.0 |    110 |       |  0.90 |            1.11 |   <= 1 | met |',
    '| memory, MiB         | 90.0 |    110 |       |  90.0 |            1.11 |  <= 90 | met |',
  ]);
});

test('a missed target is hard to overlook', () => {
  const slow = { ...row, measured: { ours: [200], Docker: [100] } };
  expect(tableOf({ ...section, rows: [slow] })).toContain('|   <= 1 | MISSED |');
});

test.each([
  [0, '0.000'],
  [0.0345, '0.035'],
  [0.5, '0.50'],
  [9.996, '10.0'],
  [99.96, '100'],
  [26_123.4, '26,123'],
  [Number.NaN, ''],
])('%d is shown as "%s"', (value, expected) => {
  expect(shown(value)).toBe(expected);
});
