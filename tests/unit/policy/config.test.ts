import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig, VERSION } from '../../../src/config.ts';
import { Marks } from '../../../src/plan/marks.ts';
import { refusal } from './support/rules.ts';

const maskOf = (text?: string) => readConfig(text === undefined ? {} : { DRAWBRIDGE_MARK_MASK: text }).markMask;

test.each<[string | undefined, number]>([
  [undefined, 0x7ff0_0000],
  ['', 0x7ff0_0000],
  ['0x7ff00000', 0x7ff0_0000],
  ['0X7FF00000', 0x7ff0_0000],
  ['0xffe00000', 0xffe0_0000],
  ['0xffff0000', 0xffff_0000],
  ['0x7ff', 0x7ff],
  ['0x3fff', 0x3fff],
  ['0x07ff0000', 0x7ff_0000],
])('the mask %j is taken', (text, mask) => {
  expect(maskOf(text)).toBe(mask);
  // Each number has a mark of its own within it.
  const marks = new Marks(mask);
  expect((marks.ofGroup(2046).value & ~mask) >>> 0).toBe(0);
  expect(marks.ofGroup(2046)).not.toEqual(marks.allowed);
});

test.each([
  ['too few bits', '0x3ff'],
  ['ten bits higher up', '0x3ff00000'],
  ['a gap', '0x7fd00000'],
  ['two runs', '0xfff00fff'],
  ["Docker's bit", '0x3ff8000'],
  ["Kubernetes' bit", '0x7fff'],
  ['both of them', '0xffffffff'],
  ['nothing', '0x0'],
  ['more than 32 bits', '0x7ff000000'],
  ['no hexadecimal digits', '0x7ff0000g'],
  ['a decimal number', '2146435072'],
  ['spaces', ' 0x7ff00000'],
  ['a sign', '-0x7ff00000'],
  ['a word', 'none'],
])('a mask of %s is refused with what to do', (_, text) => {
  expect(refusal(() => maskOf(text))).toMatchObject({
    kind: 'invalid',
    message: `DRAWBRIDGE_MARK_MASK is eleven or more bits in a row without 0xc000, such as 0x7ff00000, not "${text}"; correct it with docker plugin set`,
  });
});

test('the other settings have their defaults, and refuse what they do not know', () => {
  expect(readConfig({})).toMatchObject({ logLevel: 'info', scope: 'local', pools: '' });
  expect(readConfig({ LOG_LEVEL: 'debug', SCOPE: 'global', DRAWBRIDGE_POOLS: 'x' })).toMatchObject({
    logLevel: 'debug',
    scope: 'global',
    pools: 'x',
  });
  expect(refusal(() => readConfig({ LOG_LEVEL: 'loud' })).message).toBe(
    'LOG_LEVEL is one of error, warn, info, debug, not "loud"; correct it with docker plugin set',
  );
  expect(refusal(() => readConfig({ SCOPE: 'Global' })).message).toBe(
    'SCOPE is one of local, global, not "Global"; correct it with docker plugin set',
  );
});

test('the version is that of the package', () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')).version);
});
