import type { Config } from './config/options.ts';
import { type HostFacts, hostPlaces, readHostFacts } from './spans/host.ts';

/**
 * Names that say something of critrace itself, of its process or of its pod: on the resources of a kubelet or a
 * runtime they would be false. Of `k8s.` only the node and the cluster are shared.
 */
const ownAttribute = /^(?:service|process|telemetry|container|k8s(?!\.(?:node|cluster)\.))\./;

/** The configured resource attributes that are true of every process of the node, and the names of the others. */
export const sharedAttributes = (
  configured: Config['resource-attributes'],
): { readonly shared: Readonly<Record<string, string>>; readonly leftOut: readonly string[] } => ({
  shared: Object.fromEntries(Object.entries(configured).filter(([name]) => !ownAttribute.test(name))),
  leftOut: Object.keys(configured).filter((name) => ownAttribute.test(name)),
});

/** The host as the machine tells, with what the configuration says instead. */
export const hostOf = (config: Config): HostFacts => {
  const cluster = config['cluster-name'];
  const read = readHostFacts(hostPlaces({}), {
    ...sharedAttributes(config['resource-attributes']).shared,
    ...(cluster === null ? {} : { 'k8s.cluster.name': cluster }),
  });
  return {
    ...read,
    hostId: config['host-id'] ?? read.hostId,
    nodeName: config['node-name'] ?? read.nodeName,
  };
};
