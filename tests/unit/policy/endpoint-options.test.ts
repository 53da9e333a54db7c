import { attachmentOf, endpointOptions } from '../../../src/protocol/endpoint-options.ts';

const GROUPS = 'drawbridge.groups';
const ALLOWED = 'drawbridge.allowed-addresses';

/** As CreateEndpoint decodes them: what they say, or why not. */
function decoded(options: unknown): unknown {
  const result = endpointOptions.safeParse(options);
  if (result.success) return attachmentOf(result.data);
  return result.error.issues.map(({ path, message }) => [...path, message].join(': '));
}

test.each<[string, unknown, unknown]>([
  ['nothing', undefined, {}],
  ['null', null, {}],
  ['no option of ours', { 'com.docker.network.endpoint.exposedports': [{ Proto: 6, Port: 80 }] }, {}],
  ["other people's options", { 'com.example.drawbridge.groups': 'web', drawbridgegroups: 'web' }, {}],
  ['one group', { [GROUPS]: 'web' }, { groups: ['web'] }],
  ['groups with each separator', { [GROUPS]: 'web+db;a,b' }, { groups: ['web', 'db', 'a', 'b'] }],
  ['groups with spaces', { [GROUPS]: ' web + db ' }, { groups: ['web', 'db'] }],
  ['groups with separators to spare', { [GROUPS]: '+web++db+' }, { groups: ['web', 'db'] }],
  ['a default group', { [GROUPS]: 'default@0123456789ab+web' }, { groups: ['default@0123456789ab', 'web'] }],
  [
    'addresses, in their canonical spelling',
    { [ALLOWED]: '10.7.0.100+FD00:7:0::100' },
    { allowedAddresses: ['10.7.0.100', 'fd00:7::100'] },
  ],
  ['both', { [GROUPS]: 'web', [ALLOWED]: '10.7.0.1' }, { groups: ['web'], allowedAddresses: ['10.7.0.1'] }],
])('%s is decoded', (_, options, wanted) => {
  expect(decoded(options)).toEqual(wanted);
});

test.each<[string, unknown, string]>([
  [
    'an unknown option',
    { 'drawbridge.group': 'web' },
    'unknown endpoint option drawbridge.group; known are drawbridge.groups, drawbridge.allowed-addresses',
  ],
  [
    'several unknown options',
    { 'drawbridge.x': 'web', [GROUPS]: 'web', 'drawbridge.y': 'web' },
    'unknown endpoint option drawbridge.x, drawbridge.y; known are drawbridge.groups, drawbridge.allowed-addresses',
  ],
  ['an empty option', { [GROUPS]: '' }, 'drawbridge.groups: names nothing; leave the option out'],
  ['an option of separators alone', { [GROUPS]: ' + ;' }, 'drawbridge.groups: names nothing; leave the option out'],
  ['no addresses', { [ALLOWED]: '' }, 'drawbridge.allowed-addresses: names nothing; leave the option out'],
  ['groups that are no text', { [GROUPS]: ['web'] }, 'drawbridge.groups: must be a text'],
  ['addresses that are no text', { [ALLOWED]: 7 }, 'drawbridge.allowed-addresses: must be a text'],
  [
    'a network for an address',
    { [ALLOWED]: '10.7.0.100+10.7.0.0/24' },
    'drawbridge.allowed-addresses: "10.7.0.0/24" is no address like 10.7.0.100',
  ],
  ['a name for an address', { [ALLOWED]: 'vip' }, 'drawbridge.allowed-addresses: "vip" is no address like 10.7.0.100'],
])('%s is refused', (_, options, message) => {
  expect(decoded(options)).toEqual([message]);
});
