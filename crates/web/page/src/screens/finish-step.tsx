// Third step: a few controls, a quick look, the film.

import { useEffect, useRef, useState } from "preact/hooks";
import { api, fileOf, viewOf, type Job } from "../api";
import { ConsentQuestion } from "../components/consent";
import { Film } from "../components/film";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { Choice, Slider } from "../components/slider";
import { hasMotion, hasSource, requestOf, usualControls, type Controls, type Draft } from "../draft";
import { learn, useJobs } from "../jobs";
import { number, useStrings } from "../strings";

interface Props {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
  takeDraft: () => string | null;
  onBack: () => void;
}

export function FinishStep({ draft, change, takeDraft, onBack }: Props) {
  const strings = useStrings();
  const { jobs } = useJobs();
  const [made, setMade] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  // how long the motion is, as soon as that is known, seconds
  const [length, setLength] = useState(draft.driver?.duration_s ?? draft.voice?.duration_s ?? 0);
  const job = jobs.find((one) => one.id === made);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!job || !place.current) return;
    // what was asked for is seen in a low window too: at once, and when its first picture has given it its height
    const watch = new ResizeObserver(() => place.current?.scrollIntoView({ block: "nearest" }));
    watch.observe(place.current);
    const end = setTimeout(() => watch.disconnect(), 2000);
    return () => (clearTimeout(end), watch.disconnect());
  }, [job?.id, job?.state]);
  const isBusy = job?.state === "queued" || job?.state === "running";
  const isReady = hasSource(draft) && hasMotion(draft);
  // an avatar keeps what was declared when it was made
  const isAnswered = draft.avatar !== null || draft.ground !== null;

  const make = async (isPreview: boolean) => {
    const request = requestOf(draft, isPreview);
    if (!request) return;
    setProblem(null);
    try {
      let job: Job;
      const drafted = isPreview ? null : takeDraft();
      if (drafted) {
        await api.changeJob(drafted, request);
        job = await api.submit(drafted);
      } else job = await api.addJob(request);
      learn(job);
      setMade(job.id);
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <section class="step finish" aria-labelledby="finish-title">
      <h2 id="finish-title" tabIndex={-1}>{strings.controls.title}</h2>
      <Problem error={problem} onClose={() => setProblem(null)} />
      <div class="finish-columns">
        <ControlList draft={draft} change={change} />
        <div class="make">
          {isReady ? <Chosen draft={draft} onLength={(found) => setLength((known) => known || found)} /> : <p class="hint">{strings.make.needed}</p>}
          {!draft.avatar && <ConsentQuestion ground={draft.ground} onChange={(ground) => change({ ground })} />}
          <label class="field">
            <span>{strings.make.titleField}</span>
            <input
              type="text"
              maxLength={120}
              value={draft.title}
              onInput={(event) => change({ title: event.currentTarget.value })}
            />
          </label>
          {isReady && length > 1.5 && (
            <Slider
              {...strings.make.moment}
              value={draft.previewFrom}
              usual={0}
              most={Math.floor((length - 1) * 10) / 10}
              step={0.1}
              said={(value) => strings.make.at(number(value, 1))}
              onChange={(previewFrom) => change({ previewFrom })}
            />
          )}
          <div class="row">
            <button type="button" class="quiet large" disabled={!isReady || !isAnswered || isBusy} onClick={() => make(true)}>
              <Icon name="play" /> {strings.make.preview}
            </button>
            <button type="button" class="primary large" disabled={!isReady || !isAnswered || isBusy} onClick={() => make(false)}>
              <Icon name="spark" /> {strings.make.film}
            </button>
          </div>
          <div class="made" ref={place}>
            {job && <Film job={job} isSmall />}
          </div>
        </div>
      </div>
      <div class="step-end">
        <button type="button" class="quiet large" onClick={onBack}>
          {strings.motion.back}
        </button>
      </div>
    </section>
  );
}

/** Picture and motion once more, small; the motion shows the moment at which the preview begins. */
function Chosen({ draft, onLength }: { draft: Draft; onLength: (seconds: number) => void }) {
  const strings = useStrings();
  const moving = useRef<HTMLVideoElement>(null);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isChosen = draft.previewFrom > 0;
  useEffect(() => {
    if (!moving.current || !isChosen) return;
    moving.current.pause();
    moving.current.currentTime = draft.previewFrom;
  }, [draft.previewFrom]);
  const shown = {
    ref: moving,
    muted: true,
    loop: true,
    playsinline: true,
    "aria-label": strings.film.driver,
    onLoadedMetadata: () => {
      const { duration = 0 } = moving.current ?? {};
      if (Number.isFinite(duration)) onLength(duration);
    },
  };
  return (
    <div class="summary">
      <div class="frame">
        {draft.source ? (
          <img src={viewOf(draft.source.id)} alt={strings.film.source} />
        ) : (
          <div class="microphone">
            <Icon name="avatars" />
          </div>
        )}
      </div>
      <span class="arrow" aria-hidden="true">
        +
      </span>
      <div class="frame">
        {draft.motion && (
          <video {...shown} src={`/motions/${draft.motion}.mp4`} autoplay={!isStill && !isChosen} />
        )}
        {draft.driver?.kind === "video" && (
          <video {...shown} src={fileOf(draft.driver.id)} poster={viewOf(draft.driver.id)} preload="metadata" />
        )}
        {draft.driver?.kind === "picture" && <img src={viewOf(draft.driver.id)} alt={strings.film.driver} />}
        {draft.voice && (
          <div class="microphone">
            <Icon name="sound" />
          </div>
        )}
      </div>
    </div>
  );
}

function ControlList({ draft, change }: Pick<Props, "draft" | "change">) {
  const strings = useStrings();
  const { controls } = draft;
  const said = strings.controls;
  const set = (changes: Partial<Controls>) => change({ controls: { ...controls, ...changes } });
  const common = <Name extends keyof Controls>(name: Name) => ({
    value: controls[name],
    usual: usualControls[name],
    onChange: (value: Controls[Name]) => set({ [name]: value }),
  });
  return (
    <div class="controls">
      <Slider {...said.strength} {...common("strength")} most={1.5} />
      <Slider {...said.smoothing} {...common("smoothing")} most={1} />
      <Choice
        {...said.regions}
        {...common("region")}
        options={[
          ["all", said.regions.all],
          ["expression", said.regions.expression],
          ["lips", said.regions.lips],
          ["eyes", said.regions.eyes],
          ["pose", said.regions.pose],
        ]}
      />
      {!draft.avatar && (
        <>
          <Choice
            {...said.crop}
            {...common("crop")}
            options={[
              ["full", said.crop.full],
              ["head", said.crop.head],
            ]}
          />
          {draft.source?.kind !== "video" && (
            <Choice
              {...said.background}
              {...common("background")}
              options={[
                ["keep", said.background.keep],
                ["colour", said.background.colour],
                ["alpha", said.background.alpha],
              ]}
            >
              {controls.background === "colour" && (
                <input
                  type="color"
                  aria-label={said.background.pick}
                  value={controls.colour}
                  onInput={(event) => set({ colour: event.currentTarget.value })}
                />
              )}
            </Choice>
          )}
        </>
      )}
      <details>
        <summary>{said.more}</summary>
        <div class="more">
          <Choice
            {...said.turn}
            {...common("turn")}
            options={[
              ["relative", said.turn.relative],
              ["absolute", said.turn.absolute],
            ]}
          />
          {!draft.avatar && draft.source?.kind !== "video" && (
            <Choice
              {...said.engine}
              {...common("engine")}
              options={[
                ["auto", said.engine.auto],
                ["warp", said.engine.warp],
              ]}
            />
          )}
        </div>
      </details>
    </div>
  );
}
