// A helper of the coordinator's team of threads: sleeps until there is a job, runs tiles of it, sleeps again.
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { messageOf } from "../../../shared/errors.ts";
import { type KernelSetup, Kernels } from "../../../shared/simd/kernels.ts";
import { CALLS, FAILED, FREE, HELPED, INSIDE, JOB, type Job, claimTiles } from "./job.ts";
import { LOOP_KERNELS } from "./loop-kernels.ts";

/** What a team gives its helpers. */
export interface HelperSetup {
  readonly control: Int32Array;
  readonly jobs: MessagePort;
  /** Null where there are none. */
  readonly kernels: KernelSetup | null;
}

const { control, jobs, kernels: setup } = workerData as HelperSetup;
const kernels = setup && new Kernels(LOOP_KERNELS, setup);

for (let calls = 0; ;) {
  Atomics.wait(control, CALLS, calls);
  calls = Atomics.load(control, CALLS);
  help();
}

/** Who is counted as inside before the look at `JOB` is waited for; who sees it closed has nothing to do. */
function help(): void {
  Atomics.add(control, INSIDE, 1);
  try {
    const open = Atomics.load(control, JOB);
    const job = open === FREE ? null : receive(open);
    if (job) Atomics.add(control, HELPED, claimTiles(control, job, kernels));
  } catch (error) {
    jobs.postMessage(messageOf(error));
    Atomics.store(control, FAILED, 1);
  } finally {
    Atomics.sub(control, INSIDE, 1);
    Atomics.notify(control, INSIDE);
  }
}

/** Passes over jobs that were done without this thread. */
function receive(number: number): Job | null {
  for (let received; (received = receiveMessageOnPort(jobs));) {
    const job = received.message as Job;
    if (job.number === number) return job;
  }
  return null;
}
