import type { Random } from '../support/random.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const deep = (levels: number): Json => {
  let value: Json = 'x';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** What nobody expects where something else was. */
const ODD: readonly (() => Json)[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1e308,
    4_294_967_296,
    0.5,
    65_536,
    '',
    ' ',
    '0',
    'null',
    [],
    {},
    [null],
    [[]],
    { '': '' },
  ],
  ...[
    '\u0000',
    'a\nb',
    '../../etc/passwd',
    '-j',
    '$(id)',
    '%s%n',
    '🦉',
    '\ud800',
    'ﬁ',
    '\u202Eabc',
    '__proto__',
    'constructor',
  ],
  ...[
    '10.7.0.0/24',
    '10.7.0.1/24',
    '010.1.1.1',
    '1.2.3.4/33',
    '::/0',
    '0.0.0.0/0',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
    'any',
  ],
  ...[
    'ff:ff:ff:ff:ff:ff',
    '00:00:00:00:00:00',
    'group:',
    'list:x',
    'group:default@',
    '8000-80',
    '0-65535',
    'a'.repeat(64),
  ],
]
  .map((value) => () => value as Json)
  .concat([
    () => 'x'.repeat(70_000),
    () => Array.from({ length: 3_000 }, () => 'x'),
    () => deep(200),
    () => deep(1_000),
    () => Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index])),
  ]);

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same but for one place in it, somewhere: replaced, left out, added to, or doubled. */
export function mutated(random: Random, value: Json): Json {
  if (isRecord(value) && random.chance(75)) return inRecord(random, value);
  if (Array.isArray(value) && value.length > 0 && random.chance(70)) return inList(random, value);
  return random.pick(ODD)();
}

function inRecord(random: Random, value: { readonly [key: string]: Json }): Json {
  const keys = Object.keys(value);
  const what = random.between(1, 10);
  if (keys.length === 0 || what === 1)
    return { ...value, [random.pick(['x', '', '__proto__', 'name', ...keys])]: random.pick(ODD)() };
  const key = random.pick(keys);
  const { [key]: old = null, ...rest } = value;
  if (what === 2) return rest;
  if (what === 3) return { ...rest, [key.toUpperCase()]: old };
  return { ...value, [key]: mutated(random, old) };
}

function inList(random: Random, value: readonly Json[]): Json {
  const at = random.between(0, value.length - 1);
  const what = random.between(1, 5);
  if (what === 1) return value.toSpliced(at, 1);
  if (what === 2) return [...value, ...value];
  return value.with(at, mutated(random, value[at] ?? null));
}

/** The same but for a few characters: what no serialiser would write. */
export function mutatedText(random: Random, text: string, tokens: readonly string[]): string {
  const at = random.between(0, text.length);
  const what = random.between(1, 6);
  if (what === 1) return text.slice(0, at);
  if (what === 2) return text.slice(at);
  if (what === 3) return text.slice(0, at) + text.slice(at + random.between(1, 5));
  if (what === 4) return text.slice(0, at) + text.slice(Math.max(0, at - 20), at) + text.slice(at);
  return text.slice(0, at) + random.pick(tokens) + text.slice(at);
}
