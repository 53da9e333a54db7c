import { collide, type HostPort, type PortProtocol } from '../../src/model/port-binding.ts';
import { type Expected, refusal } from './outcome.ts';
import type { End, World } from './world.ts';

interface Wanted extends HostPort {
  /** Any of a range would do, or any at all. */
  readonly flexible: boolean;
}

/** Whether these ports can be had. Of those that are left to the plugin's choice the model knows only that some are free. */
export function whatPortsCome(world: World, end: End, ports: readonly string[]): Expected {
  const { net } = end;
  if (net.internal || ports.length === 0) return 'done';
  const publish = net.options['drawbridge.publish'];
  if (publish === 'none') return refusal(/publishes no ports/);
  // Nothing is translated, so nobody can take anybody's port.
  const routed = net.options['drawbridge.gateway-mode'] === 'routed';
  const has4 = end.addresses.some(({ address }) => !address.includes(':'));
  const wanted = ports.map(parse);
  const named = wanted.some(({ hostAddress }) => hostAddress === '192.0.2.1');
  if (routed) return 'done';
  if (named && publish === 'loopback') return refusal(/drawbridge\.publish=loopback/);
  if (named && !has4) return refusal(/no IPv4 address/);
  const fixed = wanted.filter(({ flexible }) => !flexible).flatMap((one) => placed(one, publish === 'loopback', has4));
  const held = [...world.ends.values()].flatMap(({ bindings }) => bindings);
  if (world.limbo.size > 0) return undefined;
  if (fixed.some((one, index) => [...held, ...fixed.slice(0, index)].some((other) => collide(one, other))))
    return refusal(/is taken/);
  return wanted.some(({ flexible, hostPort }) => flexible && hostPort !== 0) ? undefined : 'done';
}

function placed(one: Wanted, loopback: boolean, has4: boolean): HostPort[] {
  if (one.hostAddress !== '') return [one];
  if (loopback) return ['127.0.0.1', '::1'].map((hostAddress) => ({ ...one, hostAddress }));
  return [{ ...one, hostAddress: has4 ? '' : '::' }];
}

/** 20001:80, 127.0.0.1:20001:80/udp, 80, 20010-20012:80. */
export function parse(text: string): Wanted & { readonly port: number } {
  const [rest = '', protocol = 'tcp'] = text.split('/');
  const parts = rest.split(':');
  const port = Number(parts.pop());
  const [first = '0', last] = (parts.pop() ?? '0').split('-');
  return {
    protocol: protocol as PortProtocol,
    hostAddress: parts.pop() ?? '',
    hostPort: Number(first),
    port,
    flexible: first === '0' || last !== undefined,
  };
}
