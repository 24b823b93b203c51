// What the film will be: chosen step by step, kept on the server as a draft so that a reload loses nothing.

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type AnimateRequest, type Background, type Driving, type Ground, type Job, type OtherFace, type Sound, type Upload } from "./api";

export interface Controls {
  strength: number;
  smoothing: number;
  region: "all" | "expression" | "lips" | "eyes" | "pose";
  turn: "relative" | "absolute";
  crop: "full" | "head";
  background: "keep" | "colour" | "alpha";
  colour: string;
  engine: "auto" | "warp";
}

export const usualControls: Controls = {
  strength: 1,
  smoothing: 0.5,
  region: "all",
  turn: "relative",
  crop: "full",
  background: "keep",
  colour: "#00b140",
  engine: "auto",
};

/** What moves one face. */
export interface Cast {
  motion: string | null;
  driver: Upload | null;
  voice: Upload | null;
}

export interface Draft extends Cast {
  source: Upload | null;
  avatar: { id: string; title: string } | null;
  further: Upload[];
  face: number;
  /** Other faces that move, each counted from 0 as the first is. */
  others: (Cast & { face: number })[];
  sound: "driving" | "source" | "none" | "file";
  soundFile: Upload | null;
  controls: Controls;
  ground: Ground | null;
  title: string;
  /** Where the preview's second begins. */
  previewFrom: number;
}

export const emptyDraft: Draft = {
  source: null,
  avatar: null,
  further: [],
  face: 0,
  motion: null,
  driver: null,
  voice: null,
  others: [],
  sound: "driving",
  soundFile: null,
  controls: usualControls,
  ground: null,
  title: "",
  previewFrom: 0,
};

const stillness: Cast = { motion: null, driver: null, voice: null };

/** What moves a face, counted from 0. */
export function castOf(draft: Draft, face: number): Cast {
  if (face === draft.face) return draft;
  return draft.others.find((other) => other.face === face) ?? stillness;
}

/** The changes to a draft that change what moves a face. */
export function recast(draft: Draft, face: number, changes: Partial<Draft>): Partial<Draft> {
  if (face === draft.face) return changes;
  const { motion, driver } = { ...castOf(draft, face), ...changes };
  const others = draft.others.filter((other) => other.face !== face);
  if (motion || driver) others.push({ face, motion, driver, voice: null });
  // a second voice is heard beside the first, and no driver's silence takes another's sound away
  return { others, ...(changes.sound === "driving" ? { sound: "driving" as const } : {}) };
}

export const hasSource = (draft: Draft) =>
  draft.avatar !== null || (draft.source !== null && draft.source.faces.length > 0);
export const hasMotion = (draft: Draft) =>
  draft.motion !== null || draft.voice !== null || (draft.driver !== null && draft.driver.verdict.code !== "no-face");

function colourOf(text: string): [number, number, number] {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function drivingOf({ motion, driver, voice }: Cast): Driving | null {
  if (motion) return { motion };
  if (driver) return { upload: driver.id };
  return voice ? { sound: voice.id } : null;
}

/** The draft as the server takes it; null where something is still to be chosen. */
export function requestOf(draft: Draft, isPreview: boolean): AnimateRequest | null {
  const source = draft.avatar?.id ?? draft.source?.id;
  if (!source) return null;
  const driving = drivingOf(draft);
  if (!driving) return null;
  const others: OtherFace[] = [];
  // more pictures of a person are of use for one face alone
  for (const other of draft.avatar || draft.further.length > 0 ? [] : draft.others) {
    const moved = drivingOf(other);
    if (moved) others.push({ face: other.face + 1, driving: moved });
  }
  const { controls } = draft;
  let sound: Sound = draft.sound === "file" ? "driving" : draft.sound;
  if (draft.sound === "file" && draft.soundFile) sound = { upload: draft.soundFile.id };
  const background: Background =
    controls.background === "colour" ? { colour: colourOf(controls.colour) } : controls.background;
  return {
    task: "animate",
    source,
    further: draft.avatar ? [] : draft.further.map((upload) => upload.id),
    face: draft.avatar || (draft.face === 0 && others.length === 0) ? null : draft.face + 1,
    driving,
    others,
    sound,
    engine: controls.engine,
    regions: controls.region === "all" ? [] : [controls.region],
    strength: controls.strength,
    smoothing: controls.smoothing,
    is_absolute: controls.turn === "absolute",
    is_cropped: controls.crop === "head",
    background: draft.avatar ? "keep" : background,
    format: background === "alpha" && !draft.avatar ? "webm" : "mp4",
    is_preview: isPreview,
    preview_from_s: isPreview ? draft.previewFrom : 0,
    consent: draft.ground,
    title: draft.title,
  };
}

/** A request as a draft again, as far as its files are still there. */
export async function draftOf(request: AnimateRequest, jobs: Job[]): Promise<Draft> {
  const found = (id: string) => api.upload(id).catch(() => null);
  const avatar = jobs.find((job) => job.id === request.source);
  const { driving, sound, background } = request;
  const castFrom = async (driving: Driving): Promise<Cast> => ({
    motion: "motion" in driving ? driving.motion : null,
    driver: "upload" in driving ? await found(driving.upload) : null,
    voice: "sound" in driving ? await found(driving.sound) : null,
  });
  const others = request.others.map(async (other) => ({ face: other.face - 1, ...(await castFrom(other.driving)) }));
  const further = await Promise.all(request.further.map(found));
  return {
    source: avatar ? null : await found(request.source),
    avatar: avatar ? { id: avatar.id, title: avatar.request.title } : null,
    further: further.filter((upload) => upload !== null),
    face: (request.face ?? 1) - 1,
    ...(await castFrom(driving)),
    others: await Promise.all(others),
    sound: typeof sound === "object" ? "file" : sound,
    soundFile: typeof sound === "object" ? await found(sound.upload) : null,
    controls: {
      strength: request.strength,
      smoothing: request.smoothing,
      region: request.regions[0] ?? "all",
      turn: request.is_absolute ? "absolute" : "relative",
      crop: request.is_cropped ? "head" : "full",
      background: typeof background === "object" ? "colour" : background,
      colour:
        typeof background === "object"
          ? `#${background.colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`
          : usualControls.colour,
      engine: request.engine,
    },
    ground: request.consent,
    title: request.title,
    previewFrom: request.preview_from_s,
  };
}

/** Keep the draft on the server a moment after each change; the function forgets it, once it is a job. */
export function useKeptDraft(draft: Draft, drafted: string | null): () => string | null {
  const id = useRef<string | null>(drafted);
  useEffect(() => {
    const request = requestOf(draft, false);
    if (!request) return;
    const timer = setTimeout(async () => {
      try {
        if (id.current) await api.changeJob(id.current, request);
        else id.current = (await api.addJob(request, true)).id;
      } catch {
        id.current = null; // deleted elsewhere: the next change makes another
      }
    }, 600);
    return () => clearTimeout(timer);
  }, [draft]);
  return () => {
    const kept = id.current;
    id.current = null;
    return kept;
  };
}

export function useDraft(start: Draft) {
  const [draft, set] = useState(start);
  const change = (changes: Partial<Draft>) => {
    const isOtherMotion = "motion" in changes || "driver" in changes || "voice" in changes;
    set((before) => ({ ...before, ...(isOtherMotion ? { previewFrom: 0 } : {}), ...changes }));
  };
  return { draft, change, set };
}
