import { ATTACHING, spentIn } from '../../bench/call-times.ts';

const NAME = 'drawbridge_call_duration_seconds';
const scrape = [
  `# HELP ${NAME} How long calls took, by method`,
  `# TYPE ${NAME} histogram`,
  `${NAME}_bucket{le="0.001",method="NetworkDriver.Join"} 1`,
  `${NAME}_sum{method="NetworkDriver.Join"} 0.002`,
  `${NAME}_count{method="NetworkDriver.Join"} 2`,
  `${NAME}_sum{method="NetworkDriver.CreateEndpoint"} 0.03`,
  `${NAME}_sum{method="NetworkDriver.Leave"} 7`,
  '',
].join('\n');

test('the time of some methods is the sum of theirs, in milliseconds; those that were never called are none', () => {
  expect(spentIn(ATTACHING, scrape)).toBeCloseTo(32);
});
