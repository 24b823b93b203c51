// The journey from a picture to a film, in three steps that can be gone back.

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type About, type AnimateRequest } from "../api";
import { draftOf, emptyDraft, hasMotion, hasSource, useDraft, useKeptDraft, type Draft } from "../draft";
import { useJobs } from "../jobs";
import { useStrings } from "../strings";
import { FinishStep } from "./finish-step";
import { MotionStep } from "./motion-step";
import { SourceStep } from "./source-step";

interface Props {
  about: About | null;
  /** A film or avatar to start from, by its job. */
  from: string | null;
}

/** Find what to start from, then show the steps. */
export function Create({ about, from }: Props) {
  const strings = useStrings();
  const { jobs, isReady } = useJobs();
  const [start, setStart] = useState<{ draft: Draft; id: string | null } | null>(null);
  useEffect(() => {
    if (!isReady || start) return;
    const wanted = jobs.find((job) => job.id === from);
    if (wanted?.request.task === "fine-tune") {
      setStart({ draft: { ...emptyDraft, avatar: { id: wanted.id, title: wanted.request.title } }, id: null });
      return;
    }
    const drafted = wanted ?? jobs.find((job) => job.state === "drafted" && job.request.task === "animate");
    if (!drafted) {
      setStart({ draft: emptyDraft, id: null });
      return;
    }
    void draftOf(drafted.request as AnimateRequest, jobs).then((draft) =>
      setStart({ draft, id: drafted.state === "drafted" ? drafted.id : null }),
    );
  }, [isReady]);
  if (!start) return <p class="hint">{strings.loading}</p>;
  return <Steps about={about} start={start.draft} drafted={start.id} />;
}

function Steps({ about, start, drafted }: { about: About | null; start: Draft; drafted: string | null }) {
  const strings = useStrings();
  const { draft, change, set } = useDraft(start);
  const takeDraft = useKeptDraft(draft, drafted);
  const first = hasSource(start) ? (hasMotion(start) ? 2 : 1) : 0;
  const [step, setStep] = useState(first);
  const place = useRef<HTMLDivElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // who moves by keyboard or hears the page goes on at the new step's heading
    if (!isFirst.current) {
      place.current?.querySelector<HTMLElement>(".step h2")?.focus({ preventScroll: true });
      place.current?.scrollIntoView({ block: "start" });
    }
    isFirst.current = false;
  }, [step]);
  const names = [strings.create.steps.source, strings.create.steps.motion, strings.create.steps.finish];
  const isOpen = [true, hasSource(draft), hasSource(draft) && hasMotion(draft)];
  const restart = () => {
    const id = takeDraft();
    if (id) void api.deleteJob(id, false).catch(() => {});
    set(emptyDraft);
    setStep(0);
  };
  return (
    <>
      <header class="title">
        <div class="row between">
          <h1 tabIndex={-1}>{strings.create.title}</h1>
          {step > 0 && (
            <button type="button" class="plain" onClick={restart}>
              {strings.create.again}
            </button>
          )}
        </div>
        <p>{strings.create.lead}</p>
      </header>
      <ol class="steps">
        {names.map((name, index) => (
          <li key={name} class={index === step ? "now" : index < step ? "done" : ""}>
            <button
              type="button"
              disabled={!isOpen[index]}
              aria-current={index === step ? "step" : undefined}
              onClick={() => setStep(index)}
            >
              <span class="step-number">{index + 1}</span> {name}
            </button>
          </li>
        ))}
      </ol>
      <div ref={place}>
        {step === 0 && <SourceStep draft={draft} change={change} onNext={() => setStep(1)} />}
        {step === 1 && (
          <MotionStep draft={draft} about={about} change={change} onNext={() => setStep(2)} onBack={() => setStep(0)} />
        )}
        {step === 2 && <FinishStep draft={draft} change={change} takeDraft={takeDraft} onBack={() => setStep(1)} />}
      </div>
    </>
  );
}
