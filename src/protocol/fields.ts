import * as z from 'zod';
import {
  formatAddress,
  formatInterfaceAddress,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
} from '../model/address.ts';
import { hasPorts, namedProtocol } from '../model/protocol.ts';

/** An id of the engine's: 64 hexadecimal digits, or 25 of base36 in a swarm. Never what could be taken for an option. */
export const id = z
  .string()
  .regex(/^[0-9a-zA-Z][0-9a-zA-Z_-]{0,127}$/, 'must be an id of up to 128 letters and digits');

/** 10.7.0.2/24, in canonical spelling; "" means that there is none. */
export const interfaceAddress = z.string().transform((text, context) => {
  if (text === '') return undefined;
  const parsed = parseInterfaceAddress(text);
  if (parsed) return formatInterfaceAddress(parsed);
  context.addIssue({
    code: 'custom',
    message: 'must be an address with a prefix length, like 10.7.0.2/24',
    input: text,
  });
  return z.NEVER;
});

/** 10.7.0.0/24: a network without host bits. */
export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, 'must be a network like 10.7.0.0/24');

/** A plain address, in canonical spelling. */
export const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed) return formatAddress(parsed);
  context.addIssue({ code: 'custom', message: 'must be an address like 10.7.0.2', input: text });
  return z.NEVER;
});

/** A unicast MAC in lower case; "" means that there is none. */
export const mac = z.string().transform((text, context) => {
  const lower = text.toLowerCase();
  if (lower === '') return undefined;
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(lower) || lower === '00:00:00:00:00:00') {
    context.addIssue({ code: 'custom', message: 'must be a MAC address like 02:11:22:33:44:55', input: text });
    return z.NEVER;
  }
  if (Number.parseInt(lower.slice(0, 2), 16) & 1) {
    context.addIssue({ code: 'custom', message: 'must be a unicast MAC address: its first byte is even', input: text });
    return z.NEVER;
  }
  return lower;
});

/** What `-o` and `--driver-opt` carry. */
export const stringOptions = z.record(z.string(), z.string());

const port = z.int().min(0).max(65_535);

/** IP protocol number of what has ports. */
const portProtocol = z.int().transform((number, context) => {
  const named = namedProtocol(number);
  if (hasPorts(named)) return named;
  context.addIssue({ code: 'custom', message: 'must be 6 (tcp), 17 (udp) or 132 (sctp)', input: number });
  return z.NEVER;
});

/** "" means that there is none. */
const hostAddress = z.union([z.literal(''), address]);

/** The engine's own keys among an endpoint's options: users can set keys of these names too, so their types are checked. */
export const portOptions = z.looseObject({
  'com.docker.network.portmap': z
    .array(
      z.looseObject({
        Proto: portProtocol,
        Port: port,
        HostIP: hostAddress.optional(),
        HostPort: port,
        HostPortEnd: port,
      }),
    )
    .nullish(),
  /** Engines from 28 on: another endpoint of the container is its gateway in IPv6. */
  'com.docker.network.driver.private.no_proxy_6to4': z.boolean().optional(),
  'com.docker.network.endpoint.exposedports': z.array(z.looseObject({ Proto: z.int(), Port: port })).nullish(),
});

/** Address lists of CreateNetwork: what the IPAM driver, ours or another, has given. */
export const ipamData = z
  .array(
    z.looseObject({
      AddressSpace: z.string().default(''),
      Pool: cidr,
      Gateway: interfaceAddress.optional(),
      AuxAddresses: z.record(z.string(), interfaceAddress).nullish(),
    }),
  )
  .nullish()
  .transform((data) => data ?? []);
