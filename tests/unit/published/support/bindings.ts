import type { PortBinding, PortProtocol } from '../../../../src/model/port-binding.ts';

/** A binding as people write it after `-p`: `8080:80`, `192.0.2.1:53:53/udp`, `[::1]:8080:80`. */
export function binding(text: string): PortBinding {
  const [, address = '', hostPort, port, protocol = 'tcp'] = /^(?:(.*):)?(\d+):(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
  if (!hostPort || !port) throw new Error(`${text} is no binding`);
  return {
    protocol: protocol as PortProtocol,
    hostAddress: address.replace(/^\[(.*)\]$/, '$1'),
    hostPort: Number(hostPort),
    port: Number(port),
  };
}

export const bindings = (...texts: readonly string[]): PortBinding[] => texts.map(binding);

/** So many ports one after the other, outside the same as inside unless told how far apart they are. */
export const inARow = (first: number, count: number, apart = 0): PortBinding[] =>
  Array.from({ length: count }, (_, index) => binding(`${first + index}:${first + index + apart}`));
