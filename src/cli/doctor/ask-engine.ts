import { askFor, engineSocket } from '../docker/engine.ts';
import type { Io } from '../io.ts';
import type { EngineFacts } from './facts.ts';

const ICC = 'com.docker.network.bridge.enable_icc';

/** What the engine says of itself and of its networks. */
interface Told {
  readonly '/version': { readonly Version: string };
  readonly '/info': { readonly FirewallBackend?: { readonly Driver?: string } };
  readonly '/networks': readonly {
    readonly Id: string;
    readonly Name: string;
    readonly Driver: string;
    readonly EnableIPv6: boolean;
    readonly Options?: Readonly<Record<string, string>> | null;
    readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
  }[];
}

/** Undefined where the engine does not answer. */
export async function engineFacts({ env, signal }: Pick<Io, 'env' | 'signal'>): Promise<EngineFacts | undefined> {
  const socket = engineSocket(env.DOCKER_HOST);
  if (!socket) return undefined;
  const ask = <Path extends keyof Told>(path: Path) => askFor(socket, path, signal) as Promise<Told[Path]>;
  try {
    const [version, info, networks] = await Promise.all([ask('/version'), ask('/info'), ask('/networks')]);
    const firewallBackend = info.FirewallBackend?.Driver;
    return {
      version: version.Version,
      ...(firewallBackend && { firewallBackend }),
      networks: networks.map(({ Id, Name, Driver, EnableIPv6, Options, IPAM }) => ({
        id: Id,
        name: Name,
        icc: Driver !== 'bridge' || Options?.[ICC] !== 'false',
        ipv6: EnableIPv6,
        subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
      })),
    };
  } catch {
    return undefined;
  }
}
