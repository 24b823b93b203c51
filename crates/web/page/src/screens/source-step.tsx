// First step: whose picture.

import { useState } from "preact/hooks";
import { api, viewOf, type Upload } from "../api";
import { Dialog } from "../components/dialog";
import { DropZone } from "../components/drop-zone";
import { FacePicture } from "../components/face-picture";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { Recorder } from "../components/recorder";
import { SendingList } from "../components/sending-list";
import { Verdict } from "../components/verdict";
import { sentence } from "../components/verdict";
import { emptyDraft, hasSource, type Draft } from "../draft";
import { useJobs } from "../jobs";
import { useStrings } from "../strings";
import { useUploading } from "../uploading";

interface Props {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
  onNext: () => void;
}

export function SourceStep({ draft, change, onNext }: Props) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const [isCamera, setCamera] = useState(false);
  const { jobs } = useJobs();
  const avatars = jobs.filter((job) => job.request.task === "fine-tune" && job.state === "completed");

  const take = (uploads: Upload[]) => {
    const usable = uploads.filter((upload) => upload.kind === "picture" || upload.kind === "video");
    if (usable.length < uploads.length) setProblem(new Error(strings.source.notAPicture));
    const all = [...(draft.source ? [draft.source] : []), ...draft.further, ...usable];
    const [source = null, ...further] = all;
    change({ source, further, avatar: null, ...(draft.source ? {} : { face: 0, others: [] }) });
  };
  const sendAll = async (files: File[]) => {
    const uploads = await Promise.all(files.map((file) => send(file, file.name)));
    take(uploads.filter((upload) => upload !== null));
  };
  const takeExample = () => api.example().then((upload) => take([upload]), setProblem);
  const photo = async (file: Blob, name: string) => {
    setCamera(false);
    const upload = await send(file, name);
    if (upload) take([upload]);
  };
  const makeMain = (upload: Upload) => {
    const others = draft.further.filter((other) => other.id !== upload.id);
    change({ source: upload, further: draft.source ? [draft.source, ...others] : others, face: 0, others: [] });
  };

  const isEmpty = !draft.source && !draft.avatar;
  return (
    <section class="step" aria-labelledby="source-title">
      <h2 id="source-title" tabIndex={-1}>{strings.source.title}</h2>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {isEmpty && (
        <>
          <DropZone
            label={strings.source.drop}
            choose={strings.source.choose}
            accept="image/*,video/*,.heic,.heif"
            several
            pasted
            onFiles={sendAll}
          >
            <button type="button" class="quiet" onClick={() => setCamera(true)}>
              <Icon name="camera" /> {strings.source.camera}
            </button>
            <button type="button" class="quiet" onClick={takeExample}>
              <Icon name="spark" /> {strings.source.example}
            </button>
          </DropZone>
          <p class="hint centred">
            {strings.source.dropMore} {strings.source.paste}
          </p>
        </>
      )}
      <SendingList sending={sending} />
      {draft.source && (
        <div class="chosen-source">
          <FacePicture
            upload={draft.source}
            alt={strings.source.alt}
            chosen={draft.face}
            onChoose={(face) => change({ face, others: draft.others.filter((other) => other.face !== face) })}
          />
          <Verdict upload={draft.source} />
          {draft.source.kind === "video" && <p class="hint">{strings.source.video}</p>}
          <Further draft={draft} change={change} makeMain={makeMain} />
          <div class="row">
            <DropZone
              compact
              label={strings.source.add}
              choose={strings.source.add}
              accept="image/*,video/*,.heic,.heif"
              several
              pasted
              onFiles={sendAll}
            />
            <button
              type="button"
              class="quiet"
              onClick={() => change({ source: null, further: [], face: emptyDraft.face, others: [] })}
            >
              {strings.source.another}
            </button>
          </div>
        </div>
      )}
      {draft.avatar && (
        <div class="row between avatar-chosen">
          <strong>{strings.source.avatar(draft.avatar.title)}</strong>
          <button type="button" class="quiet" onClick={() => change({ avatar: null })}>
            {strings.source.another}
          </button>
        </div>
      )}
      {isEmpty && avatars.length > 0 && (
        <div class="row centre">
          <span class="hint">{strings.source.fromAvatar}:</span>
          {avatars.map((job) => (
            <button
              key={job.id}
              type="button"
              class="quiet"
              onClick={() => change({ avatar: { id: job.id, title: job.request.title }, source: null, further: [], others: [] })}
            >
              <Icon name="avatars" /> {job.request.title || strings.gallery.unnamed}
            </button>
          ))}
        </div>
      )}
      <div class="step-end">
        <button type="button" class="primary large" disabled={!hasSource(draft)} onClick={onNext}>
          {strings.source.next}
        </button>
      </div>
      {isCamera && (
        <Dialog title={strings.source.camera} onClose={() => setCamera(false)}>
          <Recorder kind="photo" onFile={photo} />
        </Dialog>
      )}
    </section>
  );
}

interface FurtherProps {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
  makeMain: (upload: Upload) => void;
}

function Further({ draft, change, makeMain }: FurtherProps) {
  const strings = useStrings();
  if (draft.further.length === 0) return null;
  return (
    <>
      <h3>{strings.source.further}</h3>
      <ul class="thumbs">
        {draft.further.map((upload, index) => (
          <li key={upload.id}>
            <img src={viewOf(upload.id)} alt={upload.label} />
            <p class="hint">{sentence(strings, upload.verdict, upload.kind === "video")}</p>
            <div class="row">
              <button type="button" class="plain" onClick={() => makeMain(upload)}>
                {strings.source.makeMain}
              </button>
              <button
                type="button"
                class="plain"
                aria-label={`${strings.remove} ${index + 2}`}
                onClick={() => change({ further: draft.further.filter((other) => other.id !== upload.id) })}
              >
                <Icon name="trash" />
              </button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
