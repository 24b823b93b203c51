// Avatars: a person learned from several photos.

import { useEffect, useState } from "preact/hooks";
import { api, downloadOf, viewOf, type About, type Ground, type Upload, type Verdict } from "../api";
import { ConsentQuestion } from "../components/consent";
import { DropZone } from "../components/drop-zone";
import { Film } from "../components/film";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { SendingList } from "../components/sending-list";
import { sentence } from "../components/verdict";
import { learn, useJobs } from "../jobs";
import { number, useStrings } from "../strings";
import { useUploading } from "../uploading";

const COUNTS = [1, 8, 16, 32];

export function Avatars({ about }: { about: About | null }) {
  const strings = useStrings();
  const { jobs } = useJobs();
  const mine = jobs.filter((job) => job.request.task === "fine-tune" && job.state !== "drafted");
  return (
    <>
      <header class="title">
        <h1 tabIndex={-1}>{strings.avatars.title}</h1>
        <p>{strings.avatars.lead}</p>
      </header>
      <NewAvatar about={about} />
      <section class="step" aria-labelledby="mine-title">
        <h2 id="mine-title">{strings.avatars.mine}</h2>
        {mine.length === 0 && <p class="hint">{strings.avatars.none}</p>}
        {mine.map((job) => (
          <article key={job.id} class="avatar-row">
            <div class="row between">
              <strong>{job.request.title || strings.gallery.unnamed}</strong>
              {job.state === "completed" && (
                <div class="row">
                  <a class="button" href={downloadOf(job.id)} download>
                    <Icon name="download" /> {number((job.result?.bytes ?? 0) / 1e6, 1)} MB
                  </a>
                  <a class="button primary" href={`#/create/${job.id}`}>
                    <Icon name="spark" /> {strings.avatars.use}
                  </a>
                </div>
              )}
            </div>
            <Film job={job} isSmall />
          </article>
        ))}
      </section>
    </>
  );
}

/** Whether the avatar is trained, and what to do where it is not. */
function Training({ about }: { about: About }) {
  const strings = useStrings();
  if (about.can_train) return <p class="hint">{strings.avatars.training}</p>;
  return (
    <p class="hint">
      {about.is_built_to_train ? strings.avatars.noModel : strings.avatars.noTraining}{" "}
      <code>vivant serve --model models/portrait</code>
    </p>
  );
}

function NewAvatar({ about }: { about: About | null }) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const [photos, setPhotos] = useState<Upload[]>([]);
  const [verdicts, setVerdicts] = useState<Verdict[]>([]);
  const [shots, setShots] = useState(8);
  const [title, setTitle] = useState("");
  const [ground, setGround] = useState<Ground | null>(null);

  useEffect(() => {
    if (photos.length === 0) {
      setVerdicts([]);
      return;
    }
    let isOld = false;
    api.verdicts(photos.map((photo) => photo.id), shots).then((said) => !isOld && setVerdicts(said), setProblem);
    return () => void (isOld = true);
  }, [photos, shots]);

  const take = async (files: File[]) => {
    const uploads = await Promise.all(files.slice(0, 64).map((file) => send(file, file.name)));
    const pictures = uploads.filter((upload) => upload !== null && upload.kind !== "sound" && upload.kind !== "motion");
    setPhotos((before) => [...before, ...(pictures as Upload[])].slice(0, 64));
  };
  const isVideo = photos.some((photo) => photo.kind === "video");
  const isJudged = verdicts.length === photos.length;
  const good = verdicts.filter(({ code }) => code === "good" || code === "spare" || code === "turned").length;
  const make = async () => {
    if (!ground) return;
    try {
      const request = { task: "fine-tune" as const, photos: photos.map((photo) => photo.id), shots, consent: ground, title };
      learn(await api.addJob(request));
      setGround(null);
      setPhotos([]);
      setTitle("");
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <section class="step" aria-labelledby="new-avatar">
      <h2 id="new-avatar">{strings.avatars.new}</h2>
      <Problem error={problem} onClose={() => setProblem(null)} />
      <DropZone
        compact={photos.length > 0}
        label={strings.avatars.drop}
        choose={strings.avatars.choose}
        accept="image/*,video/*"
        several
        pasted
        onFiles={take}
      />
      <p class="hint centred">{strings.avatars.tips}</p>
      <SendingList sending={sending} />
      {photos.length > 0 && (
        <>
          <ul class="thumbs">
            {photos.map((photo, index) => {
              const said = verdicts[index] ?? photo.verdict;
              const isGood = said.code === "good";
              return (
                <li key={photo.id} class={isGood ? "good" : "fair"}>
                  <img src={viewOf(photo.id)} alt={photo.label} />
                  <p class="hint">
                    {isGood && photo.kind === "picture" ? strings.verdict.taken : sentence(strings, said, photo.kind === "video")}
                  </p>
                  <button
                    type="button"
                    class="plain"
                    aria-label={`${strings.remove} ${photo.label || index + 1}`}
                    onClick={() => setPhotos(photos.filter((other) => other.id !== photo.id))}
                  >
                    <Icon name="trash" />
                  </button>
                </li>
              );
            })}
          </ul>
          <fieldset class="sound">
            <legend>{strings.avatars.how}</legend>
            <div class="choices">
              {COUNTS.map((count) => (
                <label key={count} class="choice">
                  <input type="radio" name="shots" checked={shots === count} onChange={() => setShots(count)} />
                  <span>{strings.avatars.count(count)}</span>
                </label>
              ))}
            </div>
            <p class="hint">{strings.avatars.what[shots]}</p>
            {!isVideo && (
              <p class="hint" role="status">
                {isJudged ? (
                  <>
                    {strings.avatars.have(good, photos.length)}{" "}
                    {good < shots ? strings.avatars.wouldBring(shots - good) : strings.avatars.enough}
                  </>
                ) : (
                  strings.avatars.judging
                )}
              </p>
            )}
          </fieldset>
          <ConsentQuestion ground={ground} onChange={setGround} />
          {about && <Training about={about} />}
          <div class="row">
            <label class="field">
              <span>{strings.avatars.nameField}</span>
              <input type="text" maxLength={120} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
            </label>
            <button type="button" class="primary large" disabled={!ground || (good === 0 && !isVideo)} onClick={make}>
              <Icon name="avatars" /> {strings.avatars.make}
            </button>
          </div>
        </>
      )}
    </section>
  );
}
