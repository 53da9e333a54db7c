import type { Facts } from '../facts.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

/** The end-to-end tests run on these. */
const TESTED_MAJORS = [20, 26, 28];

export function engineVersion({ engine }: Facts): readonly Finding[] {
  if (!engine)
    return warning(
      'the Docker engine does not answer here, so what it knows was not looked at',
      'run this as root on the host of the engine; DOCKER_HOST names another socket',
    );
  const { version } = engine;
  if (/^29\.0\.[0-2]\b/.test(version))
    return problem(
      `Docker ${version} crashes when a container with a published port stops on any network plugin's network`,
      'upgrade the engine to 29.0.3 or later',
    );
  const major = majorOf(version);
  if (TESTED_MAJORS.includes(major)) return ok(`Docker ${version} is one of the versions that are tested`);
  return warning(
    `Docker ${version} is not tested: ${TESTED_MAJORS.join(', ')} are`,
    'try what you need of it before you rely on it',
  );
}

export function engineFirewall({ engine }: Facts): readonly Finding[] {
  if (!engine?.firewallBackend?.startsWith('nftables')) return ok("Docker's own networks are filtered by iptables");
  return warning(
    "Docker's own networks are filtered by its nftables backend, with which the plugin is not tested",
    'use the iptables backend: "firewall-backend" in /etc/docker/daemon.json',
  );
}

/** Before 28 nobody but the proxy holds the ports that Docker's own containers publish. */
export function userlandProxy({ engine, files }: Facts): readonly Finding[] {
  if (files.userlandProxy || !engine || majorOf(engine.version) >= 28)
    return ok("ports of Docker's own containers are held, so nobody publishes one twice");
  return warning(
    `the userland proxy is off, and Docker ${engine.version} then holds no ports: one of its containers and one of ours may publish the same`,
    'switch "userland-proxy" on in /etc/docker/daemon.json, or upgrade to Docker 28',
  );
}

const majorOf = (version: string): number => Number.parseInt(version, 10);
