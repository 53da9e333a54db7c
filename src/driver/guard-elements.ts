import type { Kernel } from '../kernel/kernel.ts';
import type { Lanes } from '../lanes.ts';
import { hostLinkName } from '../model/names.ts';
import { type GuardElement, guardElements } from '../plan/guard.ts';
import { movingEndpoints } from './moving.ts';
import type { Registry } from './registry.ts';

/** What was found wrong in the kernel, by name: nothing where it agreed. */
export interface Repaired {
  /** Was missing, or different. */
  readonly rebuilt: readonly string[];
  /** Was ours and should not have been there. */
  readonly swept: readonly string[];
}

/** Makes the guard be there, with just what its sets should hold. One process where nothing was wrong. */
export async function repairGuard(registry: Registry, kernel: Kernel, lanes: Lanes): Promise<Repaired> {
  const guard = await kernel.guard.read();
  // After the read: an endpoint is in the registry before it is in the kernel.
  const wanted = registry
    .wantedEndpoints()
    .flatMap((endpoint) => guardElements(endpoint, registry.networks.get(endpoint.networkId)));
  if (!guard?.intact) {
    await kernel.guard.write(wanted);
    return { rebuilt: ['guard'], swept: [] };
  }
  const moving = new Set(movingEndpoints(registry, lanes).map(({ id }) => hostLinkName(id)));
  const settled = ({ key: [link = ''] }: GuardElement) => !moving.has(link);
  const [wantedKeys, heldKeys] = [new Set(wanted.map(keyOf)), new Set(guard.elements.map(keyOf))];
  const missing = wanted.filter((element) => settled(element) && !heldKeys.has(keyOf(element)));
  const extra = guard.elements.filter((element) => settled(element) && !wantedKeys.has(keyOf(element)));
  await kernel.guard.add(missing);
  await kernel.guard.delete(extra);
  return { rebuilt: missing.map(nameOf), swept: extra.map(nameOf) };
}

const keyOf = ({ set, key }: GuardElement) => JSON.stringify([set, ...key]);
const nameOf = ({ set, key }: GuardElement) => `${set} ${key[0]}`;
