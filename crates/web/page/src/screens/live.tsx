// The live view: the camera moves the picture, at once.

import { useEffect, useRef, useState } from "preact/hooks";
import { api, viewOf, type Ground, type Upload } from "../api";
import { ConsentQuestion } from "../components/consent";
import { DropZone } from "../components/drop-zone";
import { FacePicture } from "../components/face-picture";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { SendingList } from "../components/sending-list";
import { Slider } from "../components/slider";
import { startLive, type Rates, type Ready } from "../live-link";
import { useJobs } from "../jobs";
import { number, useStrings } from "../strings";
import { useUploading } from "../uploading";

interface Chosen {
  id: string;
  name: string;
  /** The picture or video; none of an avatar. */
  upload: Upload | null;
  /** Which of its faces moves, counted from 0. */
  face: number;
}

type Link = ReturnType<typeof startLive>;

export function Live() {
  const strings = useStrings();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [ground, setGround] = useState<Ground | null>(null);
  const [engine, setEngine] = useState<"auto" | "warp">("warp");
  const [strength, setStrength] = useState(1);
  const [smoothing, setSmoothing] = useState(0.5);
  const [isOn, setOn] = useState(false);
  const said = strings.live;
  return (
    <>
      <header class="title">
        <h1 tabIndex={-1}>{said.title}</h1>
        <p>{said.lead}</p>
      </header>
      {isOn && chosen ? (
        <Stage
          request={{
            source: chosen.id,
            face: chosen.face === 0 ? null : chosen.face + 1,
            engine,
            regions: [],
            strength,
            smoothing,
            side_px: 256,
            consent: ground,
          }}
          onEnd={() => setOn(false)}
        />
      ) : (
        <section class="step" aria-labelledby="live-source">
          <h2 id="live-source">{strings.source.title}</h2>
          <ChooseSource
            chosen={chosen}
            onChoose={(next) => (setChosen(next), next?.id !== chosen?.id && setGround(null))}
          />
          {chosen && (
            <>
              <ConsentQuestion ground={ground} onChange={setGround} />
              <div class="choices" role="radiogroup" aria-label={strings.controls.engine.name}>
                {(["warp", "auto"] as const).map((one) => (
                  <label key={one} class="choice">
                    <input type="radio" name="live-engine" checked={engine === one} onChange={() => setEngine(one)} />
                    <span>{strings.controls.engine[one]}</span>
                  </label>
                ))}
              </div>
              <p class="hint">{engine === "warp" ? said.warpSpeed : said.portraitSpeed}</p>
              <Slider {...strings.controls.strength} value={strength} usual={1} most={1.5} onChange={setStrength} />
              <Slider {...strings.controls.smoothing} value={smoothing} usual={0.5} most={1} onChange={setSmoothing} />
            </>
          )}
          <div class="step-end">
            <button type="button" class="primary large" disabled={!chosen || !ground} onClick={() => setOn(true)}>
              <Icon name="live" /> {said.start}
            </button>
          </div>
        </section>
      )}
    </>
  );
}

function ChooseSource({ chosen, onChoose }: { chosen: Chosen | null; onChoose: (chosen: Chosen | null) => void }) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const { jobs } = useJobs();
  const avatars = jobs.filter((job) => job.request.task === "fine-tune" && job.state === "completed");
  const take = (upload: Upload | null) => {
    if (!upload) return;
    if (upload.faces.length === 0) setProblem(new Error(strings.verdict["no-face"]));
    else onChoose({ id: upload.id, name: upload.label, upload, face: 0 });
  };
  return (
    <>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {chosen ? (
        <div class="row between">
          {chosen.upload && chosen.upload.faces.length > 1 ? (
            <FacePicture
              upload={chosen.upload}
              alt={strings.source.alt}
              chosen={chosen.face}
              onChoose={(face) => onChoose({ ...chosen, face })}
            />
          ) : (
            <div class="summary">
              <div class="frame">
                {chosen.upload ? <img src={viewOf(chosen.id)} alt={strings.source.alt} /> : <Icon name="avatars" />}
              </div>
              <strong>{chosen.name}</strong>
            </div>
          )}
          <button type="button" class="quiet" onClick={() => onChoose(null)}>
            {strings.source.another}
          </button>
        </div>
      ) : (
        <DropZone
          label={strings.source.drop}
          choose={strings.source.choose}
          accept="image/*,video/*"
          pasted
          onFiles={async ([file]) => file && take(await send(file, file.name))}
        >
          <button type="button" class="quiet" onClick={() => api.example().then(take, setProblem)}>
            <Icon name="spark" /> {strings.source.example}
          </button>
          {avatars.map((job) => (
            <button
              key={job.id}
              type="button"
              class="quiet"
              onClick={() => onChoose({ id: job.id, name: job.request.title, upload: null, face: 0 })}
            >
              <Icon name="avatars" /> {job.request.title || strings.gallery.unnamed}
            </button>
          ))}
        </DropZone>
      )}
      <SendingList sending={sending} />
    </>
  );
}

function Stage({ request, onEnd }: { request: Parameters<typeof startLive>[2]; onEnd: () => void }) {
  const strings = useStrings();
  const said = strings.live;
  const camera = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const link = useRef<Link | null>(null);
  const [ready, setReady] = useState<Ready | null>(null);
  const [rates, setRates] = useState<Rates | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isRecording, setRecording] = useState(false);
  const [recorded, setRecorded] = useState<string | null>(null);
  const [isClean, setClean] = useState(false);

  useEffect(() => {
    let stream: MediaStream | null = null;
    let isGone = false;
    const open = async () => {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: "user" },
      });
      if (isGone || !camera.current || !canvas.current) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      camera.current.srcObject = stream;
      await camera.current.play();
      link.current = startLive(camera.current, canvas.current, request, {
        ready: setReady,
        shown: setRates,
        warned: (message) => setProblem(new Error(message)),
        recorded: (job) => (setRecording(false), setRecorded(job)),
        ended: (error) => setProblem(new Error(error?.message ?? strings.errors.unreachable)),
      });
    };
    open().catch((error) => setProblem(error instanceof DOMException ? new Error(strings.camera.denied) : error));
    return () => {
      isGone = true;
      link.current?.stop();
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);

  useEffect(() => {
    document.documentElement.classList.toggle("clean", isClean);
    const leave = (event: KeyboardEvent) => event.key === "Escape" && setClean(false);
    addEventListener("keydown", leave);
    return () => {
      removeEventListener("keydown", leave);
      document.documentElement.classList.remove("clean");
    };
  }, [isClean]);

  const record = () => {
    setRecorded(null);
    setRecording(!isRecording);
    link.current?.say(isRecording ? "stop-recording" : "record");
  };
  const state = !ready
    ? problem
      ? ""
      : strings.loading
    : !rates?.isCalibrated
      ? said.calibrating
      : !rates.isSeen
        ? said.noFace
        : said.follows;
  return (
    <section class="step live" aria-label={said.title}>
      <Problem error={problem} onClose={() => setProblem(null)} />
      <div class="live-views">
        <figure class="main">
          <div class={`frame ${isRecording ? "recording" : ""}`}>
            <canvas ref={canvas} width={256} height={256} role="img" aria-label={said.picture} />
          </div>
        </figure>
        <figure>
          <div class="frame camera-frame">
            <video ref={camera} muted playsinline aria-label={strings.camera.alt} />
          </div>
          <figcaption role="status">{state}</figcaption>
          {rates && (
            <dl class="rates">
              <div>
                <dt>{said.rate}</dt>
                <dd data-testid="rate">{number(rates.perSecond, 1)}</dd>
              </div>
              <div>
                <dt>{said.delay}</dt>
                <dd data-testid="delay">{number(rates.delayMs)} ms</dd>
              </div>
              <div>
                <dt>{said.tracking}</dt>
                <dd>{number(rates.trackingMs)} ms</dd>
              </div>
              <div>
                <dt>{said.painting}</dt>
                <dd>{number(rates.paintingMs)} ms</dd>
              </div>
            </dl>
          )}
          {ready?.virtual_camera && <p class="hint">{said.virtualCamera(ready.virtual_camera)}</p>}
        </figure>
      </div>
      <div class="row">
        <button type="button" class="quiet" disabled={!ready} onClick={() => link.current?.say("calibrate")}>
          <Icon name="reset" /> {said.calibrate}
        </button>
        <button type="button" class={isRecording ? "danger" : "quiet"} disabled={!ready} aria-pressed={isRecording} onClick={record}>
          <Icon name={isRecording ? "stop" : "record"} /> {isRecording ? said.stopRecording : said.record}
        </button>
        <button type="button" class="quiet" disabled={!ready} onClick={() => setClean(true)}>
          <Icon name="full" /> {said.clean}
        </button>
        <button type="button" class="quiet" onClick={onEnd}>
          <Icon name="stop" /> {said.end}
        </button>
        {recorded && <a href={`#/film/${recorded}`}>{said.recorded}</a>}
      </div>
      <p class="hint">{said.help}</p>
    </section>
  );
}
