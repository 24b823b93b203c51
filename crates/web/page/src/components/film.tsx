// A job and what comes of it: progress, the film beside picture and driver, downloads, or why there is none.

import { useRef, useState } from "preact/hooks";
import { api, downloadOf, fileOf, resultOf, viewOf, type AnimateRequest, type Format, type Job } from "../api";
import { learn, useJobs } from "../jobs";
import { number, useStrings } from "../strings";
import { Icon } from "./icon";
import { Problem } from "./problem";
import { JobProgress } from "./progress";

interface Props {
  job: Job;
  isSmall?: boolean;
}

export function Film({ job, isSmall }: Props) {
  const strings = useStrings();
  const [problem, setProblem] = useState<unknown>(null);
  return (
    <div class="film" data-state={job.state}>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {(job.state === "queued" || job.state === "running") && <JobProgress job={job} onProblem={setProblem} />}
      {job.state === "failed" && <Failure job={job} onProblem={setProblem} />}
      {job.state === "completed" && job.request.task === "animate" && (
        <Result job={job} request={job.request} isSmall={isSmall ?? false} onProblem={setProblem} />
      )}
      {job.state === "completed" && job.result?.summary?.shots && (
        <p class="hint">
          {strings.avatars.learned(job.result.summary.shots, job.result.summary.is_trained ?? false)} {strings.avatars.keptConsent}
        </p>
      )}
      {job.state === "completed" && job.request.task === "live" && <Recording job={job} />}
      {job.messages.length > 0 && (
        <ul class="messages">
          {job.messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      {!isSmall && job.command.length > 0 && (
        <details>
          <summary>{strings.film.command}</summary>
          <code class="command">vivant {job.command.map(quoted).join(" ")}</code>
        </details>
      )}
    </div>
  );
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function Failure({ job, onProblem }: { job: Job; onProblem: (error: unknown) => void }) {
  const strings = useStrings();
  const { failure } = job;
  const retry = () => api.submit(job.id).then(learn, onProblem);
  const text =
    failure?.reason === "cancelled"
      ? strings.film.cancelled
      : failure?.reason === "cut"
        ? strings.film.cut
        : failure?.message;
  return (
    <div class={failure?.reason === "failed" ? "problem" : "note"} role="alert">
      <Icon name={failure?.reason === "failed" ? "warning" : "stop"} />
      <div>
        {failure?.reason === "failed" && <strong>{strings.film.failed}: </strong>}
        {text}
      </div>
      <button type="button" class="quiet" onClick={retry}>
        <Icon name="reset" /> {failure?.reason === "cut" ? strings.film.goOn : strings.film.retry}
      </button>
    </div>
  );
}

/** A recording of the live view. */
function Recording({ job }: { job: Job }) {
  const strings = useStrings();
  const summary = job.result?.summary;
  return (
    <>
      <div class="side-by-side small">
        <figure class="main">
          <div class="frame">
            <video src={resultOf(job.id)} controls playsinline aria-label={strings.film.result} />
          </div>
        </figure>
      </div>
      {summary && (
        <p class="hint">
          {strings.film.facts(summary.width, summary.height, summary.frames, number(summary.duration_s, 1), number(summary.wall_s, 1))}{" "}
          {strings.film.marked}
        </p>
      )}
      <div class="row">
        <a class="button" href={downloadOf(job.id)} download>
          <Icon name="download" /> {strings.film.formats.mp4} · {number((job.result?.bytes ?? 0) / 1e6, 1)} MB
        </a>
      </div>
    </>
  );
}

interface ResultProps {
  job: Job;
  request: AnimateRequest;
  isSmall: boolean;
  onProblem: (error: unknown) => void;
}

function Result({ job, request, isSmall, onProblem }: ResultProps) {
  const strings = useStrings();
  const summary = job.result?.summary;
  return (
    <>
      <SideBySide job={job} request={request} isSmall={isSmall} />
      {summary && (
        <p class="hint">
          {strings.film.facts(
            summary.width,
            summary.height,
            summary.frames,
            number(summary.duration_s, 1),
            number(summary.wall_s, 1),
          )}{" "}
          {strings.film.marked}
        </p>
      )}
      {!request.is_preview && <Downloads request={request} onProblem={onProblem} />}
    </>
  );
}

/** The film beside the picture and the driver; playing one plays both. */
function SideBySide({ job, request, isSmall }: Omit<ResultProps, "onProblem">) {
  const strings = useStrings();
  const film = useRef<HTMLVideoElement>(null);
  const driver = useRef<HTMLVideoElement>(null);
  const { jobs } = useJobs();
  const isAvatar = jobs.some((other) => other.id === request.source);
  const { driving } = request;
  const follow = (event: Event) => {
    const [one, other] = [film.current, driver.current];
    if (!one || !other) return;
    if (event.type === "play") void other.play().catch(() => {});
    else if (event.type === "pause") other.pause();
    if (Math.abs(other.currentTime - one.currentTime) > 0.15) other.currentTime = one.currentTime;
  };
  const isPicture = request.format === "gif";
  const isArchive = request.format === "png";
  return (
    <div class={`side-by-side ${isSmall ? "small" : ""}`}>
      <figure class="main">
        <div class="frame">
          {isPicture && <img src={resultOf(job.id)} alt={strings.film.result} />}
          {isArchive && <p class="archive">{strings.film.formats.png}</p>}
          {!isPicture && !isArchive && (
            <video
              ref={film}
              class={request.background === "alpha" ? "checkered" : ""}
              src={resultOf(job.id)}
              controls
              loop={request.is_preview}
              autoplay={request.is_preview}
              muted={request.is_preview}
              playsinline
              aria-label={strings.film.result}
              onPlay={follow}
              onPause={follow}
              onSeeked={follow}
            />
          )}
        </div>
        <figcaption>{request.is_preview ? strings.film.preview : strings.film.result}</figcaption>
      </figure>
      {!isSmall && !isAvatar && (
        <figure>
          <div class="frame">
            <img src={viewOf(request.source)} alt={strings.film.source} onError={hide} />
          </div>
          <figcaption>{strings.film.source}</figcaption>
        </figure>
      )}
      {!isSmall && (
        <figure>
          <div class="frame">
            {"motion" in driving && (
              <video ref={driver} src={`/motions/${driving.motion}.mp4`} muted loop playsinline aria-label={strings.film.driver} />
            )}
            {"upload" in driving && (
              <video ref={driver} src={fileOf(driving.upload)} poster={viewOf(driving.upload)} muted playsinline aria-label={strings.film.driver} />
            )}
            {"sound" in driving && <div class="microphone"><Icon name="sound" /></div>}
          </div>
          <figcaption>
            {"motion" in driving
              ? strings.film.builtInDriver(strings.motion.names[driving.motion] ?? driving.motion)
              : "sound" in driving
                ? strings.film.soundDriver
                : strings.film.driver}
          </figcaption>
          {request.others.length > 0 && (
            <figcaption>
              {strings.film.otherFaces}:{" "}
              {request.others
                .map(({ face, driving }) => `${face}: ${"motion" in driving ? (strings.motion.names[driving.motion] ?? "") : strings.film.driver}`)
                .join(", ")}
            </figcaption>
          )}
        </figure>
      )}
    </div>
  );
}

function hide(event: Event) {
  (event.currentTarget as HTMLElement).style.visibility = "hidden";
}

/** The film as it is, and the same film made anew in other formats. */
function Downloads({ request, onProblem }: Omit<ResultProps, "isSmall" | "job">) {
  const strings = useStrings();
  const { jobs } = useJobs();
  const said = strings.film.formats;
  const isAvatar = jobs.some((other) => other.id === request.source);
  const isAlpha = request.background === "alpha";
  const wanted: { key: string; label: string; changes: Partial<AnimateRequest> }[] = [
    { key: "mp4", label: said.mp4, changes: { format: "mp4", background: isAlpha ? "keep" : request.background } },
    { key: "gif", label: said.gif, changes: { format: "gif", background: isAlpha ? "keep" : request.background } },
    { key: "png", label: said.png, changes: { format: "png" as Format } },
  ];
  if (!isAvatar) wanted.push({ key: "alpha", label: said.alpha, changes: { format: "webm", background: "alpha" } });
  const make = (changes: Partial<AnimateRequest>) =>
    api.addJob({ ...request, ...changes }).then(learn, onProblem);
  return (
    <div class="downloads">
      <strong>{strings.film.download}</strong>
      <div class="row">
        {wanted.map(({ key, label, changes }) => {
          const same = JSON.stringify(sorted({ ...request, ...changes }));
          const found = jobs.find((other) => JSON.stringify(sorted(other.request)) === same && other.state !== "failed" && other.state !== "drafted");
          if (found?.state === "completed") {
            return (
              <a key={key} class="button" href={downloadOf(found.id)} download>
                <Icon name="download" /> {label} · {number((found.result?.bytes ?? 0) / 1e6, 1)} MB
              </a>
            );
          }
          const share = found?.progress?.total ? found.progress.done / found.progress.total : null;
          if (found) {
            return (
              <span key={key} class="button busy">
                {label} <progress aria-label={label} max={1} {...(share === null ? {} : { value: share })} />
              </span>
            );
          }
          return (
            <button key={key} type="button" class="quiet" onClick={() => make(changes)}>
              {strings.film.makeFormat(label)}
            </button>
          );
        })}
      </div>
    </div>
  );
}

function sorted(request: object): [string, unknown][] {
  return Object.entries(request).sort(([a], [b]) => a.localeCompare(b));
}
