import type { CniEnvironment } from './kernel-event.ts';

/**
 * From texts such as `CNI_COMMAND=ADD`: the kernel side lets no others out than CNI_COMMAND, CNI_CONTAINERID, CNI_IFNAME,
 * and the items of CNI_ARGS that begin with K8S_POD_. Null: there is no command, so this is not called as a plugin.
 */
export const cniEnvironment = (variables: readonly string[]): CniEnvironment | null => {
  const found = new Map<string, string>();
  for (const variable of variables) {
    const mark = variable.indexOf('=');
    if (mark > 0) found.set(variable.slice(0, mark), variable.slice(mark + 1));
  }
  const value = (name: string): string | null => found.get(name) || null;
  if (value('CNI_COMMAND') === null) return null;
  return {
    command: value('CNI_COMMAND'),
    containerId: value('CNI_CONTAINERID'),
    interfaceName: value('CNI_IFNAME'),
    podNamespace: value('K8S_POD_NAMESPACE'),
    podName: value('K8S_POD_NAME'),
    podUid: value('K8S_POD_UID'),
    podInfraContainerId: value('K8S_POD_INFRA_CONTAINER_ID'),
  };
};
