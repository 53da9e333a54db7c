import type { Kernel } from '../kernel/kernel.ts';
import { type GuardElement, guardElements } from '../plan/guard.ts';
import { type SetMember, setMembers } from '../plan/sets.ts';
import type { Registry } from './registry.ts';

/** What the guard and the ipsets should hold for the endpoints there are: not for those on their way out. */
export function wantedMembership(registry: Registry): { elements: GuardElement[]; members: SetMember[] } {
  const endpoints = [...registry.endpoints.values()].filter(({ state }) => state !== 'deleting');
  return {
    elements: endpoints.flatMap((endpoint) => guardElements(endpoint, registry.networks.get(endpoint.networkId))),
    members: endpoints.flatMap((endpoint) => {
      const network = registry.networks.get(endpoint.networkId);
      return network ? setMembers(endpoint, network) : [];
    }),
  };
}

/** Makes the guard's sets and the ipsets hold just that. Returns what was added and what was taken out. */
export async function repairMembership(
  registry: Registry,
  kernel: Kernel,
): Promise<{ added: string[]; removed: string[] }> {
  const [guard, sets] = await Promise.all([kernel.guard.read(), kernel.ipsets.read()]);
  // After the reads: an endpoint is in the registry before it is in the kernel.
  const { elements, members } = wantedMembership(registry);
  const inGuard = compare(elements, guard?.elements ?? [], ({ set, key }) => JSON.stringify([set, ...key]));
  const held = [...sets].flatMap(([set, texts]) => [...texts].map((member) => ({ set, member })));
  const inSets = compare(members, held, nameOf);
  await kernel.guard.add(inGuard.missing);
  await kernel.ipsets.add(inSets.missing);
  await kernel.ipsets.delete(inSets.extra);
  await kernel.guard.delete(inGuard.extra);
  return {
    added: [...inGuard.missing.map(elementName), ...inSets.missing.map(nameOf)],
    removed: [...inGuard.extra.map(elementName), ...inSets.extra.map(nameOf)],
  };
}

const nameOf = ({ set, member }: SetMember) => `${set} ${member}`;
const elementName = ({ set, key }: GuardElement) => `${set} ${key[0]}`;

function compare<T>(
  wanted: readonly T[],
  actual: readonly T[],
  keyOf: (one: T) => string,
): { missing: T[]; extra: T[] } {
  const wantedKeys = new Set(wanted.map(keyOf));
  const actualKeys = new Set(actual.map(keyOf));
  return {
    missing: wanted.filter((one) => !actualKeys.has(keyOf(one))),
    extra: actual.filter((one) => !wantedKeys.has(keyOf(one))),
  };
}
