import { samplesIn } from '../support/exposition.ts';

/** Calls of the engine while a container is attached, and while it is detached. */
export const ATTACHING = [
  'IpamDriver.RequestAddress',
  'NetworkDriver.CreateEndpoint',
  'NetworkDriver.EndpointOperInfo',
  'NetworkDriver.Join',
  'NetworkDriver.ProgramExternalConnectivity',
];
export const DETACHING = [
  'NetworkDriver.RevokeExternalConnectivity',
  'NetworkDriver.Leave',
  'NetworkDriver.DeleteEndpoint',
  'IpamDriver.ReleaseAddress',
];

/** Milliseconds that the plugin has spent in calls of these methods, by what it tells Prometheus. */
export function spentIn(methods: readonly string[], scrape: string): number {
  const samples = samplesIn(scrape);
  const seconds = methods.map((method) => samples.get(`drawbridge_call_duration_seconds_sum{method="${method}"}`) ?? 0);
  return 1_000 * seconds.reduce((sum, each) => sum + each, 0);
}
