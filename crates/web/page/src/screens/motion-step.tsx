// Second step: how it moves, and what is heard.

import { useEffect, useState } from "preact/hooks";
import { api, fileOf, type About, type Motion, type Upload } from "../api";
import { DropZone } from "../components/drop-zone";
import { FacePicture } from "../components/face-picture";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { Recorder } from "../components/recorder";
import { SendingList } from "../components/sending-list";
import { Verdict } from "../components/verdict";
import { castOf, hasMotion, recast, type Draft } from "../draft";
import { number, useStrings } from "../strings";
import { useUploading } from "../uploading";
import { FaceTabs } from "./face-tabs";
import { SoundChoice } from "./sound-choice";

interface Props {
  draft: Draft;
  about: About | null;
  change: (changes: Partial<Draft>) => void;
  onNext: () => void;
  onBack: () => void;
}

type Way = "builtIn" | "video" | "record" | "speech";

export function MotionStep({ draft, about, change, onNext, onBack }: Props) {
  const strings = useStrings();
  const [face, setFace] = useState(draft.face);
  return (
    <section class="step" aria-labelledby="motion-title">
      <h2 id="motion-title" tabIndex={-1}>{strings.motion.title}</h2>
      <FaceTabs draft={draft} face={face} onFace={setFace} />
      <Ways
        key={face}
        draft={{ ...draft, ...castOf(draft, face) }}
        about={about}
        change={(changes) => change(recast(draft, face, changes))}
        canSpeak={face === draft.face}
      />
      {draft.others.some((other) => other.face === face) && (
        <div class="row">
          <button type="button" class="quiet" onClick={() => change(recast(draft, face, { motion: null, driver: null }))}>
            <Icon name="stop" /> {strings.motion.stayStill}
          </button>
        </div>
      )}
      {hasMotion(draft) && !draft.voice && <SoundChoice draft={draft} change={change} />}
      <div class="step-end">
        <button type="button" class="quiet large" onClick={onBack}>
          {strings.motion.back}
        </button>
        <button type="button" class="primary large" disabled={!hasMotion(draft)} onClick={onNext}>
          {strings.motion.next}
        </button>
      </div>
    </section>
  );
}

interface PartProps {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
}

/** The ways to choose a motion, for the face whose motion the draft shows. */
function Ways({ draft, about, change, canSpeak }: PartProps & { about: About | null; canSpeak: boolean }) {
  const strings = useStrings();
  const [way, setWay] = useState<Way>(draft.voice ? "speech" : draft.driver ? "video" : "builtIn");
  const ways: [Way, string][] = [
    ["builtIn", strings.motion.builtIn],
    ["video", strings.motion.video],
    ["record", strings.motion.record],
  ];
  if (canSpeak) ways.push(["speech", strings.motion.speech]);
  return (
    <>
      <div class="ways" role="radiogroup" aria-labelledby="motion-title">
        {ways.map(([one, label]) => (
          <label key={one} class="choice">
            <input type="radio" name="way" checked={way === one} onChange={() => setWay(one)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {way !== "builtIn" && about && !about.has_ffmpeg && (
        <p class="verdict fair">
          <Icon name="warning" />
          <span>{strings.motion.needsFfmpeg}</span>
        </p>
      )}
      {way === "builtIn" && <BuiltIn draft={draft} change={change} />}
      {way === "video" && <Video draft={draft} change={change} />}
      {way === "record" && <Camera draft={draft} change={change} />}
      {way === "speech" && <Voice draft={draft} change={change} />}
    </>
  );
}

function BuiltIn({ draft, change }: PartProps) {
  const strings = useStrings();
  const [motions, setMotions] = useState<Motion[]>([]);
  useEffect(() => void api.motions().then(setMotions, () => {}), []);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return (
    <div class="motions" role="radiogroup" aria-label={strings.motion.builtIn}>
      {motions.map(({ name, length_s }) => (
        <label key={name} class="motion">
          <input
            type="radio"
            name="motion"
            checked={draft.motion === name}
            onChange={() =>
              change({ motion: name, driver: null, voice: null, sound: draft.sound === "file" ? "file" : "none" })
            }
          />
          <video src={`/motions/${name}.mp4`} muted loop playsinline autoplay={!isStill} aria-hidden="true" tabIndex={-1} />
          <span class="motion-name">{strings.motion.names[name] ?? name}</span>
          <span class="hint">
            {strings.motion.hints[name]} · {strings.camera.seconds(Math.round(length_s))}
          </span>
        </label>
      ))}
    </div>
  );
}

/** The driver that was chosen, or null while there is none. */
function Driver({ draft, change }: PartProps) {
  const strings = useStrings();
  const driver = draft.driver;
  if (!driver) return null;
  return (
    <div class="chosen-source">
      {driver.kind === "motion" ? (
        <p>{driver.label}</p>
      ) : (
        <FacePicture upload={driver} alt={strings.motion.driverAlt} chosen={0} />
      )}
      <Verdict upload={driver} />
      <div class="row">
        {driver.duration_s !== null && <span class="hint">{strings.motion.length(number(driver.duration_s, 1))}</span>}
        <button type="button" class="quiet" onClick={() => change({ driver: null })}>
          {strings.motion.another}
        </button>
      </div>
    </div>
  );
}

function takeDriver(upload: Upload): Partial<Draft> {
  return {
    driver: upload,
    motion: null,
    voice: null,
    sound: upload.has_sound ? "driving" : "none",
  };
}

function Video({ draft, change }: PartProps) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const take = async (files: File[]) => {
    const [file] = files;
    const upload = file ? await send(file, file.name) : null;
    if (!upload) return;
    if (upload.kind === "sound") setProblem(new Error(strings.motion.noSoundFile));
    else change(takeDriver(upload));
  };
  return (
    <>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {draft.driver ? (
        <Driver draft={draft} change={change} />
      ) : (
        <>
          <DropZone
            label={strings.motion.dropVideo}
            choose={strings.motion.chooseVideo}
            accept="video/*,image/gif,.safetensors,.mkv,.avi,.mov"
            onFiles={take}
          />
          <p class="hint centred">{strings.motion.videoHint}</p>
        </>
      )}
      <SendingList sending={sending} />
    </>
  );
}

function Camera({ draft, change }: PartProps) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const [isOn, setOn] = useState(false);
  const take = async (file: Blob, name: string) => {
    setOn(false);
    const upload = await send(file, name);
    if (upload) change(takeDriver(upload));
  };
  return (
    <>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {draft.driver && !isOn ? (
        <Driver draft={draft} change={change} />
      ) : isOn ? (
        <Recorder kind="video" onFile={take} />
      ) : (
        <div class="drop">
          <div class="drop-mark">
            <Icon name="live" />
          </div>
          <p class="drop-label">{strings.motion.recordHint}</p>
          <button type="button" class="primary" onClick={() => setOn(true)}>
            {strings.motion.startCamera}
          </button>
        </div>
      )}
      <SendingList sending={sending} />
    </>
  );
}

function Voice({ draft, change }: PartProps) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const [isOn, setOn] = useState(false);
  const take = async (file: Blob, name: string) => {
    setOn(false);
    const upload = await send(file, name);
    if (!upload) return;
    if (upload.kind === "sound" || upload.has_sound) {
      change({ voice: upload, motion: null, driver: null, sound: "driving", soundFile: null });
    } else setProblem(new Error(strings.motion.notASound));
  };
  return (
    <>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {draft.voice ? (
        <div class="chosen-source">
          <audio controls src={fileOf(draft.voice.id)} aria-label={draft.voice.label} />
          <div class="row">
            <button type="button" class="quiet" onClick={() => change({ voice: null })}>
              {strings.motion.another}
            </button>
          </div>
        </div>
      ) : isOn ? (
        <Recorder kind="sound" onFile={take} />
      ) : (
        <DropZone
          label={strings.motion.dropSound}
          choose={strings.motion.chooseSound}
          accept="audio/*,video/*"
          onFiles={(files) => files[0] && take(files[0], files[0].name)}
        >
          <button type="button" class="quiet" onClick={() => setOn(true)}>
            <Icon name="record" /> {strings.motion.recordVoice}
          </button>
        </DropZone>
      )}
      <p class="hint centred">{strings.motion.speechHint}</p>
      <SendingList sending={sending} />
    </>
  );
}
