import { type Message, methodCodecs } from '../../src/demo/codec.ts';
import { framed, type PacedCall } from './paced-client.ts';

/**
 * What a kubelet asks of its runtime in ten seconds, second by second, by the periods in its source: a relist each
 * second, housekeeping every other, its view of the node, statistics, and, for the rotation of logs, the status of each
 * container, which is most of it: 338 calls with 300 containers.
 */
export const kubeletCalls = (ids: readonly string[]): readonly (readonly PacedCall[])[] => {
  const codecs = methodCodecs('v1');
  const call = (name: string, request: Message): PacedCall => {
    const codec = codecs.get(name);
    if (codec === undefined) throw new Error(`no method ${name}`);
    return { path: codec.path, body: framed(codec.encodeRequest(request)) };
  };
  const sandboxes = call('ListPodSandbox', {});
  const containers = call('ListContainers', { filter: {} });
  const relist = [sandboxes, containers];
  const housekeeping = [
    call('ListPodSandbox', { filter: { state: { state: 'SANDBOX_READY' } } }),
    call('ListContainers', { filter: { state: { state: 'CONTAINER_RUNNING' } } }),
  ];
  const status = call('Status', {});
  const version = call('Version', { version: '0.1.0' });
  const statistics = [
    containers,
    sandboxes,
    call('ListContainerStats', { filter: {} }),
    call('ImageFsInfo', {}),
  ];
  const rotation = [containers, ...ids.map((id) => call('ContainerStatus', { container_id: id }))];
  return [
    [...relist, ...housekeeping, status],
    [...relist, version],
    [...relist, ...housekeeping],
    [...relist, ...statistics],
    [...relist, ...housekeeping],
    [...relist, status],
    [...relist, ...housekeeping],
    [...relist, ...rotation],
    [...relist, ...housekeeping],
    relist,
  ];
};
