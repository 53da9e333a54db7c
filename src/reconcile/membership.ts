import type { Registry } from '../driver/registry.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { GuardElement } from '../plan/guard.ts';
import { guardElements } from '../plan/guard.ts';
import { type SetMember, setMembers } from '../plan/sets.ts';

export interface MembershipChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Makes the guard and the ipsets hold what the endpoints in the store imply, and nothing else. */
export async function repairMembership(registry: Registry, kernel: Kernel): Promise<MembershipChanges> {
  if (registry.wantedNetworks().length === 0) return { added: [], removed: [] };
  const endpoints = [...registry.endpoints.values()];
  const elements = endpoints.flatMap(guardElements);
  const members = endpoints.flatMap((endpoint) => {
    const network = registry.networks.get(endpoint.networkId);
    return network ? setMembers(endpoint, network) : [];
  });
  const guard = await repairGuard(kernel, elements);
  const sets = await repairSets(kernel, members);
  return { added: [...guard.added, ...sets.added], removed: [...guard.removed, ...sets.removed] };
}

async function repairGuard(kernel: Kernel, wanted: readonly GuardElement[]): Promise<MembershipChanges> {
  const actual = (await kernel.guard.read())?.elements ?? [];
  const { missing, extra } = compare(wanted, actual, ({ set, key }) => JSON.stringify([set, ...key]));
  await kernel.guard.add(missing);
  await kernel.guard.delete(extra);
  return {
    added: missing.map(({ set, key }) => `${set} ${key[0]}`),
    removed: extra.map(({ set, key }) => `${set} ${key[0]}`),
  };
}

async function repairSets(kernel: Kernel, wanted: readonly SetMember[]): Promise<MembershipChanges> {
  const actual = [...(await kernel.ipsets.read())].flatMap(([set, members]) =>
    [...members].map((member) => ({ set, member })),
  );
  const text = ({ set, member }: SetMember) => `${set} ${member}`;
  const { missing, extra } = compare(wanted, actual, text);
  await kernel.ipsets.add(missing);
  await kernel.ipsets.delete(extra);
  return { added: missing.map(text), removed: extra.map(text) };
}

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
