import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** What is used of the objects of deploy/kubernetes/; a field that is not named here fails, so that no typing error hides. */
const httpProbe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(
    z.strictObject({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.string() }) }).optional(),
    }),
  ),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: httpProbe,
  livenessProbe: httpProbe,
  readinessProbe: httpProbe,
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  terminationMessagePolicy: z.enum(['File', 'FallbackToLogsOnError']),
  securityContext: z.strictObject({
    runAsUser: z.number(),
    privileged: z.boolean(),
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()), add: z.array(z.string()) }),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Unconfined']) }),
  }),
  volumeMounts: z.array(
    z.strictObject({
      name: z.string(),
      mountPath: z.string(),
      readOnly: z.boolean().optional(),
      mountPropagation: z.enum(['None', 'HostToContainer', 'Bidirectional']).optional(),
    }),
  ),
});

const volume = z.strictObject({
  name: z.string(),
  configMap: z.strictObject({ name: z.string() }).optional(),
  hostPath: z
    .strictObject({ path: z.string(), type: z.enum(['Directory', 'DirectoryOrCreate', 'File']) })
    .optional(),
});

const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: labels.optional(),
});

const daemonSet = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('DaemonSet'),
  metadata,
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: labels }),
    updateStrategy: z.strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z.strictObject({ maxUnavailable: z.number() }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: labels }),
      spec: z.strictObject({
        automountServiceAccountToken: z.boolean(),
        enableServiceLinks: z.boolean(),
        hostPID: z.boolean(),
        nodeSelector: labels,
        tolerations: z.array(z.strictObject({ operator: z.string() })),
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
  }),
});

const configMap = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata,
  data: z.record(z.string(), z.string()),
});

const namespace = z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('Namespace'), metadata });

const objects = z.tuple([namespace, configMap, daemonSet]);

export const manifest = 'deploy/kubernetes/critrace.yaml';

/** Throws where the file is no YAML, or has a field that is not known. */
export const readManifest = (path = manifest) => {
  const documents = parseAllDocuments(readFileSync(path, 'utf8'), { uniqueKeys: true });
  const [space, settings, set] = objects.parse(documents.map((one) => one.toJS({ maxAliasCount: 0 })));
  const pod = set.spec.template.spec;
  return { namespace: space, configMap: settings, daemonSet: set, pod, container: pod.containers[0] };
};

export type Manifest = ReturnType<typeof readManifest>;
