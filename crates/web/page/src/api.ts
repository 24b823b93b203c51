// The server's addresses as functions, and what goes over them.

export type UploadKind = "picture" | "video" | "sound" | "motion";
export type VerdictCode =
  | "good" | "no-face" | "small" | "blurred" | "eyes-closed" | "turned" | "near-duplicate" | "spare";

export interface FoundFace {
  landmarks: [number, number][];
  square: [number, number, number, number];
  yaw_degrees: number;
  pitch_degrees: number;
}

export interface Verdict {
  code: VerdictCode;
  detail: string;
}

export interface Upload {
  id: string;
  kind: UploadKind;
  label: string;
  content_type: string;
  bytes: number;
  size: [number, number] | null;
  duration_s: number | null;
  frames_per_second: number | null;
  has_sound: boolean;
  faces: FoundFace[];
  verdict: Verdict;
}

/** On what ground a likeness is shown. */
export type Ground = "self" | "agreed" | "character" | "historical";

export type Region = "expression" | "pose" | "lips" | "eyes";
export type Driving = { motion: string } | { upload: string } | { sound: string };
/** A face beside the first, counted from 1, and what moves it. */
export interface OtherFace {
  face: number;
  driving: Driving;
}

export type Sound = "driving" | "source" | "none" | { upload: string };
export type Background = "keep" | "alpha" | { colour: [number, number, number] };
export type Format = "mp4" | "webm" | "gif" | "png";

export interface AnimateRequest {
  task: "animate";
  source: string;
  further: string[];
  face: number | null;
  driving: Driving;
  others: OtherFace[];
  sound: Sound;
  engine: "auto" | "warp";
  regions: Region[];
  strength: number;
  smoothing: number;
  is_absolute: boolean;
  is_cropped: boolean;
  background: Background;
  format: Format;
  is_preview: boolean;
  preview_from_s: number;
  consent: Ground | null;
  title: string;
}

export interface FineTuneRequest {
  task: "fine-tune";
  photos: string[];
  shots: number;
  consent: Ground;
  title: string;
}

/** A recording of the live view. */
export interface LiveRecordingRequest {
  task: "live";
  source: string;
  title: string;
}

export type JobState = "drafted" | "queued" | "running" | "completed" | "failed";

export interface Job {
  id: string;
  state: JobState;
  request: AnimateRequest | FineTuneRequest | LiveRecordingRequest;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  progress: { stage: string; done: number; total: number | null; per_second: number; left_s: number | null } | null;
  messages: string[];
  failure: { reason: "cancelled" | "cut" | "failed"; message: string } | null;
  result: { file: string; bytes: number; summary: Summary | null } | null;
  command: string[];
}

export interface Summary {
  frames: number;
  frames_per_second: number;
  duration_s: number;
  width: number;
  height: number;
  has_sound: boolean;
  painter: string;
  wall_s: number;
  /** Of an avatar: photos that it was learned from, and whether it was fine-tuned to them. */
  shots?: number;
  is_trained?: boolean;
}

export interface About {
  version: string;
  has_ffmpeg: boolean;
  can_write: Record<Format, boolean>;
  can_train: boolean;
  is_built_to_train: boolean;
  most_upload_bytes: number;
  folder: string;
}

export interface Motion {
  name: string;
  length_s: number;
}

/** What the server refused, and why. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

function refusalOf(status: number, text: string): Refusal {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new Refusal(status, error.code, error.message);
  } catch {
    return new Refusal(status, "unknown", text || `HTTP ${status}`);
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, "unreachable", "");
  }
  const text = await response.text();
  if (!response.ok) throw refusalOf(response.status, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

/** What a file says about itself. */
export interface Verified {
  label: string;
  state: "marked" | "not-marked" | "damaged";
  manifest: Manifest | null;
  watermark: { output_id: string; frames: number } | null;
  /** What is wrong and what else to know, in the program's words. */
  problems: string[];
  notes: string[];
}

/** What a file's manifest says. */
export interface Manifest {
  signer: { name: string | null; organisation: string | null; signed_at: string | null; is_trusted: boolean };
  program: string;
  is_synthetic: boolean | null;
  source_types: string[];
  description: string | null;
  ingredients: { title: string; has_manifest: boolean }[];
  generation: { model?: { name?: string }; output_id?: string } | null;
  consent: { consent?: string; declared_at?: string } | null;
}

/** Send a file to be kept; progress is a share of 0 to 1. */
export const sendFile = (file: Blob, label: string, progress: (share: number) => void) =>
  post<Upload>("/api/uploads", file, label, progress);

/** Send a file to be read and forgotten. */
export const verifyFile = (file: Blob, label: string, progress: (share: number) => void) =>
  post<Verified>("/api/verify", file, label, progress);

function post<T>(path: string, file: Blob, label: string, progress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${path}?label=${encodeURIComponent(label.slice(0, 120))}`);
    request.upload.onprogress = (event) => progress(event.loaded / Math.max(1, event.total));
    request.onload = () =>
      request.status < 300
        ? resolve(JSON.parse(request.responseText) as T)
        : reject(refusalOf(request.status, request.responseText));
    request.onerror = () => reject(new Refusal(0, "unreachable", ""));
    request.onabort = () => reject(new Refusal(0, "aborted", ""));
    request.send(file);
  });
}

export const api = {
  about: () => call<About>("GET", "/api/about"),
  doctor: () => call<{ text: string; complaints: string; is_well: boolean }>("GET", "/api/doctor"),
  motions: () => call<Motion[]>("GET", "/api/motions"),
  example: () => call<Upload>("POST", "/api/uploads/example"),
  upload: (id: string) => call<Upload>("GET", `/api/uploads/${id}`),
  deleteUpload: (id: string) => call<void>("DELETE", `/api/uploads/${id}`),
  verdicts: (uploads: string[], shots: number) =>
    call<Verdict[]>("POST", "/api/verdicts", { uploads, shots }),
  addJob: (request: Job["request"], draft = false) =>
    call<Job>("POST", `/api/jobs${draft ? "?draft=true" : ""}`, request),
  changeJob: (id: string, request: Job["request"]) => call<Job>("PUT", `/api/jobs/${id}`, request),
  submit: (id: string) => call<Job>("POST", `/api/jobs/${id}/submit`),
  cancel: (id: string) => call<Job>("POST", `/api/jobs/${id}/cancel`),
  deleteJob: (id: string, inputs: boolean) =>
    call<void>("DELETE", `/api/jobs/${id}${inputs ? "?inputs=true" : ""}`),
  deleteEverything: () => call<void>("DELETE", "/api/everything"),
};

export const viewOf = (upload: string) => `/api/uploads/${upload}/view`;
export const fileOf = (upload: string) => `/api/uploads/${upload}/file`;
export const resultOf = (job: string) => `/api/jobs/${job}/result`;
export const downloadOf = (job: string) => `/api/jobs/${job}/result?download=true`;
