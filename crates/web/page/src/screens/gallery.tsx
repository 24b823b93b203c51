// All films and avatars of this studio, and one of them.

import { useState } from "preact/hooks";
import { api, resultOf, viewOf, type Job } from "../api";
import { Dialog } from "../components/dialog";
import { Film } from "../components/film";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { useJobs } from "../jobs";
import { date, useStrings } from "../strings";
import type { Strings } from "../strings/en";

export function nameOf(strings: Strings, job: Job): string {
  return job.request.title || `${strings.gallery.unnamed}, ${date(job.created_ms)}`;
}

export function Gallery() {
  const strings = useStrings();
  const { jobs, isReady } = useJobs();
  const [deleting, setDeleting] = useState<Job | "everything" | null>(null);
  const shown = jobs.filter((job) => job.state !== "drafted");
  return (
    <>
      <header class="title">
        <div class="row between">
          <h1 tabIndex={-1}>{strings.gallery.title}</h1>
          {jobs.length > 0 && (
            <button type="button" class="plain" onClick={() => setDeleting("everything")}>
              <Icon name="trash" /> {strings.gallery.everything}
            </button>
          )}
        </div>
      </header>
      {isReady && shown.length === 0 && (
        <div class="empty">
          <Icon name="gallery" />
          <p>{strings.gallery.empty}</p>
          <a class="button primary" href="#/create">
            {strings.gallery.first}
          </a>
        </div>
      )}
      <ul class="cards">
        {shown.map((job) => (
          <Card key={job.id} job={job} onDelete={() => setDeleting(job)} />
        ))}
      </ul>
      {deleting && <DeleteDialog what={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function kindOf(strings: Strings, { request }: Job): string {
  if (request.task === "live") return strings.nav.live;
  if (request.task === "fine-tune") return strings.gallery.avatar;
  return request.is_preview ? strings.gallery.preview : request.format.toUpperCase();
}

function Card({ job, onDelete }: { job: Job; onDelete: () => void }) {
  const strings = useStrings();
  const name = nameOf(strings, job);
  const { request } = job;
  const kind = kindOf(strings, job);
  const isPlayable = request.task === "live" || (request.task === "animate" && (request.format === "mp4" || request.format === "webm"));
  const isMoving = job.state === "completed" && isPlayable;
  const still = request.task === "fine-tune" ? request.photos[0] : request.source;
  const state =
    job.state === "failed" ? (job.failure?.reason === "failed" ? strings.film.failed : strings.film.stop) : job.state === "queued" ? strings.film.queued : job.state === "running" ? strings.film.running : "";
  const share = job.progress?.total ? job.progress.done / job.progress.total : null;
  return (
    <li class="card">
      <a href={`#/film/${job.id}`} aria-label={strings.gallery.open(name)}>
        <div class="frame square">
          {isMoving ? (
            <video src={`${resultOf(job.id)}#t=0.5`} preload="metadata" muted loop playsinline tabIndex={-1}
              onMouseEnter={(event) => void event.currentTarget.play().catch(() => {})}
              onMouseLeave={(event) => event.currentTarget.pause()} />
          ) : (
            still && <img src={viewOf(still)} alt="" onError={(event) => (event.currentTarget.style.visibility = "hidden")} />
          )}
        </div>
      </a>
      <div class="row between">
        <div class="card-text">
          <strong>{name}</strong>
          <span class="hint">
            {kind}
            {state && ` · ${state}`}
          </span>
        </div>
        {job.state !== "running" && (
          <button type="button" class="plain" aria-label={strings.gallery.deleteNamed(name)} onClick={onDelete}>
            <Icon name="trash" />
          </button>
        )}
      </div>
      {job.state === "running" && <progress aria-label={state} max={1} {...(share === null ? {} : { value: share })} />}
    </li>
  );
}

export function DeleteDialog({ what, onClose }: { what: Job | "everything"; onClose: () => void }) {
  const strings = useStrings();
  const [inputs, setInputs] = useState(true);
  const [problem, setProblem] = useState<unknown>(null);
  const isAll = what === "everything";
  const remove = async () => {
    try {
      if (isAll) await api.deleteEverything();
      else await api.deleteJob(what.id, inputs);
      onClose();
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Dialog title={isAll ? strings.gallery.everything : strings.gallery.deleteTitle} onClose={onClose}>
      <Problem error={problem} onClose={() => setProblem(null)} />
      <p>{isAll ? strings.gallery.everythingText : strings.gallery.deleteText}</p>
      {!isAll && (
        <label class="check">
          <input type="checkbox" checked={inputs} onChange={() => setInputs(!inputs)} />
          {strings.gallery.deleteInputs}
        </label>
      )}
      <div class="row end">
        <button type="button" class="quiet" onClick={onClose}>
          {strings.cancel}
        </button>
        <button type="button" class="danger" onClick={remove}>
          <Icon name="trash" /> {isAll ? strings.gallery.everything : strings.gallery.delete}
        </button>
      </div>
    </Dialog>
  );
}

export function FilmPage({ id }: { id: string }) {
  const strings = useStrings();
  const { jobs, isReady } = useJobs();
  const [isDeleting, setDeleting] = useState(false);
  const job = jobs.find((one) => one.id === id);
  if (!job) return <p class="hint">{isReady ? strings.film.gone : strings.loading}</p>;
  return (
    <>
      <header class="title">
        <h1 tabIndex={-1}>{nameOf(strings, job)}</h1>
      </header>
      <Film job={job} />
      <div class="row film-actions">
        {job.request.task === "animate" ? (
          <a class="button" href={`#/create/${job.id}`}>
            <Icon name="reset" /> {strings.film.adjust}
          </a>
        ) : (
          job.state === "completed" && job.request.task === "fine-tune" && (
            <a class="button primary" href={`#/create/${job.id}`}>
              <Icon name="spark" /> {strings.avatars.use}
            </a>
          )
        )}
        {job.state !== "running" && (
          <button type="button" class="quiet" onClick={() => setDeleting(true)}>
            <Icon name="trash" /> {strings.gallery.delete}
          </button>
        )}
      </div>
      {isDeleting && (
        <DeleteDialog
          what={job}
          onClose={() => {
            setDeleting(false);
            if (!jobs.some((one) => one.id === id)) location.hash = "#/gallery";
          }}
        />
      )}
    </>
  );
}
