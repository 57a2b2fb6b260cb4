import type { Config } from './config/options.ts';
import { type HostFacts, hostPlaces, readHostFacts } from './spans/host.ts';

/** The host as the machine tells, with what the configuration says instead. */
export const hostOf = (config: Config): HostFacts => {
  const cluster = config['cluster-name'];
  const read = readHostFacts(hostPlaces({}), {
    ...config['resource-attributes'],
    ...(cluster === null ? {} : { 'k8s.cluster.name': cluster }),
  });
  return {
    ...read,
    hostId: config['host-id'] ?? read.hostId,
    nodeName: config['node-name'] ?? read.nodeName,
  };
};
