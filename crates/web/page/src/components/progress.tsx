// How far a job is, with the time left and a way to stop it.

import { api, type Job } from "../api";
import { useJobs } from "../jobs";
import { clock, number, useStrings } from "../strings";
import { Icon } from "./icon";

export function JobProgress({ job, onProblem }: { job: Job; onProblem: (error: unknown) => void }) {
  const strings = useStrings();
  const { jobs } = useJobs();
  const { progress } = job;
  const isQueued = job.state === "queued";
  const before = jobs.filter(
    (other) => other.state === "running" || (other.state === "queued" && other.created_ms < job.created_ms),
  ).length;
  const stage = isQueued ? "queued" : (progress?.stage ?? "starting");
  const share = progress?.total ? progress.done / progress.total : null;
  const parts = [
    isQueued && before > 0 ? strings.make.waiting(before) : "",
    progress && progress.per_second > 0 ? strings.perSecond(number(progress.per_second, 1)) : "",
    progress?.left_s != null ? strings.left(clock(progress.left_s)) : "",
  ].filter(Boolean);
  return (
    <div class="job-progress" data-state={job.state}>
      <div class="row between">
        <strong>{strings.stages[stage] ?? stage}</strong>
        <button type="button" class="quiet" onClick={() => api.cancel(job.id).catch(onProblem)}>
          <Icon name="stop" /> {strings.film.stop}
        </button>
      </div>
      <progress aria-label={strings.stages[stage] ?? stage} max={1} {...(share === null ? {} : { value: share })} />
      <p class="hint">{parts.join(" · ") || " "}</p>
    </div>
  );
}
