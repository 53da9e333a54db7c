import { decodeNetworkOptions, KNOWN_OPTIONS } from '../../../src/driver/network-options.ts';

const BINDING = 'com.docker.network.bridge.host_binding_ipv4';
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade';

const decoded = (given: Record<string, string>) => {
  const { gatewayMode, masquerade, publish, hostBinding } = decodeNetworkOptions(given, []);
  return { gatewayMode, masquerade, publish, hostBinding };
};

test('without options ports are translated and open, sources are masqueraded, and no address is usual', () => {
  expect(decodeNetworkOptions({}, [])).not.toHaveProperty('hostBinding');
  expect(decoded({})).toEqual({ gatewayMode: 'nat', masquerade: true, publish: 'auto', hostBinding: undefined });
});

test('the three options are known', () => {
  expect(KNOWN_OPTIONS).toEqual(expect.arrayContaining(['drawbridge.gateway-mode', 'drawbridge.publish', BINDING]));
});

test.each(['auto', 'group', 'loopback', 'none'])('drawbridge.publish=%s is taken as it is', (publish) => {
  expect(decoded({ 'drawbridge.publish': publish }).publish).toBe(publish);
});

test.each<[Record<string, string>, string, boolean]>([
  [{ 'drawbridge.gateway-mode': 'nat' }, 'nat', true],
  [{ 'drawbridge.gateway-mode': 'nat', 'drawbridge.masquerade': 'false' }, 'nat', false],
  [{ 'drawbridge.gateway-mode': 'routed' }, 'routed', false],
  [{ 'drawbridge.gateway-mode': 'routed', 'drawbridge.masquerade': 'false' }, 'routed', false],
  [{ 'drawbridge.gateway-mode': 'routed', [MASQUERADE]: '0' }, 'routed', false],
  [{ [MASQUERADE]: 'true', 'drawbridge.masquerade': 'false' }, 'nat', false],
])('%j is gateway mode %s, with masquerading %s', (given, gatewayMode, masquerade) => {
  expect(decoded(given)).toMatchObject({ gatewayMode, masquerade });
});

test.each([{ 'drawbridge.masquerade': 'true' }, { [MASQUERADE]: '1' }])(
  'a routed network with %j is refused: it translates nothing',
  (given) => {
    expect(() => decoded({ 'drawbridge.gateway-mode': 'routed', ...given })).toThrow(
      'drawbridge.gateway-mode=routed translates nothing; leave the masquerade option out',
    );
  },
);

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', undefined],
])('%s as the usual address of the host is %s', (text, hostBinding) => {
  expect(decoded({ [BINDING]: text }).hostBinding).toBe(hostBinding);
  if (hostBinding === undefined)
    expect(decodeNetworkOptions({ [BINDING]: text }, [])).not.toHaveProperty('hostBinding');
});

test.each(['', 'localhost', '192.0.2.0/24', '192.0.2.256', '::', '2001:db8::1', ' 192.0.2.1'])(
  '"%s" is no IPv4 address, and is refused as the usual one',
  (text) => {
    expect(() => decoded({ [BINDING]: text })).toThrow(`${BINDING} is an IPv4 address of the host's, not "${text}"`);
  },
);

test.each([
  ['drawbridge.gateway-mode', 'bridged', 'drawbridge.gateway-mode is one of nat, routed, not "bridged"'],
  ['drawbridge.gateway-mode', '', 'drawbridge.gateway-mode is one of nat, routed, not ""'],
  ['drawbridge.publish', 'Auto', 'drawbridge.publish is one of auto, group, loopback, none, not "Auto"'],
  ['drawbridge.publish', '', 'drawbridge.publish is one of auto, group, loopback, none, not ""'],
  ['drawbridge.gatewaymode', 'nat', 'unknown option drawbridge.gatewaymode; known are drawbridge.groups'],
  [`${BINDING}6`, '::', `unknown option ${BINDING}6; known are`],
])('%s=%s is refused with what would do', (name, value, sentence) => {
  expect(() => decoded({ [name]: value })).toThrow(sentence);
});
