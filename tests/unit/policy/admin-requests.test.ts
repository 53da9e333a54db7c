import { PluginError } from '../../../src/errors.ts';
import { adminMethod } from '../../../src/protocol/admin/decode.ts';
import type { RouteName } from '../../../src/protocol/admin/routes.ts';

interface Envelope {
  params?: object;
  query?: object;
  body?: unknown;
  ifMatch?: string;
}

/** What the method of a route is handed, or the refusal of what came. */
async function request(name: RouteName, { params = {}, query = {}, body, ifMatch }: Envelope): Promise<object> {
  const { signal } = new AbortController();
  const handle = adminMethod(name, ({ signal: _, ...rest }) => JSON.parse(JSON.stringify(rest)));
  return handle({ params, query, body, ...(ifMatch !== undefined && { ifMatch }) }, { signal }).catch((error) => {
    if (!(error instanceof PluginError)) throw error;
    return { kind: error.kind, message: error.message, path: error.path };
  });
}

const rule = { direction: 'ingress', remote: 'any' };

test('a request is handed on as its route has it, and no more of it', async () => {
  const full = {
    params: { name: 'web', x: 'y' },
    query: { force: 'true', y: 'z' },
    body: { ignored: true },
    ifMatch: '"3"',
  };
  expect(await request('deleteGroup', full)).toEqual({ params: { name: 'web' }, query: { force: true }, revision: 3 });
  expect(await request('getGroup', full)).toEqual({ params: { name: 'web' } });
  expect(await request('listGroups', full)).toEqual({});
  expect(await request('addRule', { params: { name: 'web' }, body: rule })).toEqual({
    params: { name: 'web' },
    body: rule,
  });
});

test('a flag is down where it is not there, or false', async () => {
  const flags = async (query: object) => (await request('apply', { query, body: {} })) as { query: object };
  expect((await flags({})).query).toEqual({ dryRun: false, prune: false });
  expect((await flags({ dryRun: 'true', prune: 'false' })).query).toEqual({ dryRun: true, prune: false });
  expect((await flags({ dryRun: 'false', prune: 'true' })).query).toEqual({ dryRun: false, prune: true });
});

test.each([
  [undefined, undefined],
  ['*', undefined],
  ['"3"', 3],
  ['3', 3],
  ['0', 0],
])('If-Match: %j is revision %j', async (ifMatch, revision) => {
  const answer = await request('deleteList', { params: { name: 'l' }, ...(ifMatch !== undefined && { ifMatch }) });
  expect(answer).toEqual({ params: { name: 'l' }, ...(revision !== undefined && { revision }) });
});

test.each(['', 'three', '"-1"', '3, 4', 'W/"3"', '1.5'])('If-Match: %s is no revision', async (ifMatch) => {
  expect(await request('deleteList', { params: { name: 'l' }, ifMatch })).toMatchObject({
    kind: 'invalid',
    message: `If-Match holds the revision that you have read, such as "3", not ${ifMatch}`,
  });
});

test.each<[string, RouteName, Envelope, (string | number)[], RegExp]>([
  [
    'a flag that is neither true nor false',
    'apply',
    { query: { prune: 'yes' }, body: {} },
    ['prune'],
    /^prune: .*"true".*"false"/,
  ],
  ['an unknown field of a rule', 'addRule', { params: { name: 'a' }, body: { ...rule, port: 80 } }, [], /port/],
  [
    'a rule without a direction',
    'addRule',
    { params: { name: 'a' }, body: { remote: 'any' } },
    ['direction'],
    /^direction: .*ingress.*egress/,
  ],
  [
    'a port that is none',
    'addRule',
    { params: { name: 'a' }, body: { ...rule, ports: [80, 'http'] } },
    ['ports', 1],
    /^ports\.1: .* \(got "http"\)/,
  ],
  ['no ports', 'addRule', { params: { name: 'a' }, body: { ...rule, ports: [] } }, ['ports'], /^ports: .*\(got \[\]\)/],
  [
    'a protocol that is too high',
    'addRule',
    { params: { name: 'a' }, body: { ...rule, protocol: 256 } },
    ['protocol'],
    /^protocol: .*\(got 256\)/,
  ],
  [
    'an ICMP type that is too high',
    'addRule',
    { params: { name: 'a' }, body: { ...rule, icmpType: 256 } },
    ['icmpType'],
    /^icmpType: /,
  ],
  [
    'a family that is none',
    'addRule',
    { params: { name: 'a' }, body: { ...rule, family: 5 } },
    ['family'],
    /^family: /,
  ],
  [
    'a rule deep in a document',
    'apply',
    { body: { groups: { web: { rules: [rule, { ...rule, direction: 'in' }] } } } },
    ['groups', 'web', 'rules', 1, 'direction'],
    /^groups\.web\.rules\.1\.direction: .*\(got "in"\)/,
  ],
  [
    'no groups for an endpoint',
    'setEndpointGroups',
    { params: { id: 'a' }, body: { groups: [] } },
    ['groups'],
    /^groups: /,
  ],
  ['no body', 'createGroup', {}, [], /^the request: .*\(got nothing\)/],
])('%s is refused with its place', async (_, name, envelope, path, message) => {
  const answer = await request(name, envelope);
  expect(answer).toMatchObject({ kind: 'invalid', path });
  expect(answer).toHaveProperty('message', expect.stringMatching(message));
});
