import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../support/random.ts';
import { mutated, mutatedText } from './mutation.ts';
import type { Input } from './sending.ts';

const FOLDER = join(__dirname, '../protocol/captures');
const JSON_TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\u0000',
  '\\ud800',
  '\u0000',
  '1e999',
  '//',
  'NaN',
  '\ufeff',
  '"a":',
];
const VERBS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'nonsense' },
  { expect: '200-maybe' },
  { 'if-match': '"x"' },
  { 'x-long': 'y'.repeat(10_000) },
];

export interface Recorded {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies as they were recorded
  readonly body: any;
}

/** What real engines have sent, by method, in our words for address spaces. */
export function recordedCalls(): ReadonlyMap<string, readonly Recorded[]> {
  const lines = readdirSync(FOLDER).flatMap((file) => readFileSync(join(FOLDER, file), 'utf8').trim().split('\n'));
  const calls: Recorded[] = lines
    .map((line) =>
      JSON.parse(line.replaceAll('spikelocal', 'drawbridge-local').replaceAll('spikeglobal', 'drawbridge-global')),
    )
    .filter(({ body }) => body !== null);
  return Map.groupBy(calls, ({ path }) => path);
}

/** One of a method's recorded calls, with something wrong in it. */
export function engineInput(random: Random, path: string, calls: readonly Recorded[]): Input {
  let body = random.pick(calls).body;
  for (let times = random.between(0, 3); times >= 0; times -= 1) body = mutated(random, body);
  return spoiled(random, { of: path, verb: 'POST', path, text: JSON.stringify(body) });
}

/** Mostly as it is; else no JSON any more, or another verb, path or header. */
export function spoiled(random: Random, input: Input): Input {
  const what = random.between(1, 100);
  if (what <= 12) return { ...input, text: mutatedText(random, input.text, JSON_TOKENS) };
  if (what <= 15) return { ...input, verb: random.pick(VERBS) };
  if (what <= 18) return { ...input, headers: random.pick(HEADERS) };
  if (what <= 20)
    return { ...input, path: `${input.path}${random.pick(['x', '/', '%00', '?a=b', '/../x', '%', '.'])}` };
  return input;
}
