import { histogram } from './instrument.ts';

const startBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120, 300, 600] as const;

/** Starts and stops of pods, put together from their calls. */
export const podInstruments = {
  cri_pod_start_duration_seconds: histogram(
    'From the first call for a pod until all containers that were made run; starts that were not seen to begin are left out.',
    ['outcome'],
    startBuckets,
    { exemplars: true },
  ),
  cri_pod_start_phase_duration_seconds: histogram(
    'Time of one pod start that a phase covers, once for each start that has it; phases may overlap.',
    ['phase'],
    startBuckets,
    { exemplars: true },
  ),
  cri_container_restart_duration_seconds: histogram(
    'Creation and start of a container in a pod that runs already.',
    ['outcome'],
    startBuckets,
    { exemplars: true },
  ),
  cri_pod_stop_duration_seconds: histogram(
    'From the first call that stops something of a pod until its sandbox is stopped.',
    ['outcome'],
    startBuckets,
    { exemplars: true },
  ),
} as const;
