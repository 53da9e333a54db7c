import type { AdminApi } from '../api/admin-api.ts';
import type { PluginFacts } from './facts.ts';

/** What the plugin says; `reach` rejects where there is none. */
export async function pluginFacts(reach: () => Promise<AdminApi>): Promise<PluginFacts> {
  try {
    const api = await reach();
    const health = await api.health();
    if ('reason' in health) return { health, networks: [], ports: [] };
    const [host, networks, ports] = await Promise.all([api.host(), api.networks(), api.ports()]);
    return { health, host, networks, ports };
  } catch (error) {
    return { health: { unreachable: (error as Error).message }, networks: [], ports: [] };
  }
}
