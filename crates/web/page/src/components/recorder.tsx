// The camera and the microphone: a photo, or a recording, as a file.

import { useEffect, useRef, useState } from "preact/hooks";
import { useStrings } from "../strings";
import { Icon } from "./icon";

/** Longest recording, seconds. */
const LONGEST_S = 60;

type Kind = "photo" | "video" | "sound";

interface Props {
  kind: Kind;
  onFile: (file: Blob, name: string) => void;
}

function formatOf(kind: Kind): string | undefined {
  const wanted =
    kind === "sound"
      ? ["audio/webm;codecs=opus", "audio/mp4"]
      : ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
  return wanted.find((type) => MediaRecorder.isTypeSupported(type));
}

export function Recorder({ kind, onFile }: Props) {
  const strings = useStrings();
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [isDenied, setDenied] = useState(false);
  const [countdown, setCountdown] = useState(0);
  const [recorder, setRecorder] = useState<MediaRecorder | null>(null);
  const [seconds, setSeconds] = useState(0);

  useEffect(() => {
    let opened: MediaStream | null = null;
    let isGone = false;
    const picture = kind === "sound" ? false : { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" };
    const devices = navigator.mediaDevices;
    const open = async () => {
      try {
        opened = await devices.getUserMedia({ video: picture, audio: kind !== "photo" });
      } catch (error) {
        // a camera without a microphone is still a camera
        if (kind !== "video") throw error;
        opened = await devices.getUserMedia({ video: picture });
      }
      if (isGone) opened.getTracks().forEach((track) => track.stop());
      else setStream(opened);
    };
    open().catch(() => setDenied(true));
    return () => {
      isGone = true;
      opened?.getTracks().forEach((track) => track.stop());
    };
  }, [kind]);

  useEffect(() => {
    if (video.current && stream) video.current.srcObject = stream;
  }, [stream]);

  useEffect(() => {
    if (countdown <= 0) return;
    const timer = setTimeout(() => {
      if (countdown === 1) start();
      setCountdown(countdown - 1);
    }, 1000);
    return () => clearTimeout(timer);
  }, [countdown]);

  useEffect(() => {
    if (!recorder) return;
    const started = performance.now();
    const timer = setInterval(() => {
      const now = (performance.now() - started) / 1000;
      setSeconds(Math.floor(now));
      if (now >= LONGEST_S) recorder.stop();
    }, 200);
    return () => clearInterval(timer);
  }, [recorder]);

  const start = () => {
    if (!stream) return;
    const mimeType = formatOf(kind);
    const made = new MediaRecorder(stream, mimeType ? { mimeType, videoBitsPerSecond: 4_000_000 } : {});
    const pieces: Blob[] = [];
    made.ondataavailable = (event) => void pieces.push(event.data);
    made.onstop = () => {
      setRecorder(null);
      const type = made.mimeType.split(";")[0] ?? "";
      onFile(new Blob(pieces, { type }), kind === "sound" ? strings.sound.record : strings.motion.record);
    };
    made.start();
    setSeconds(0);
    setRecorder(made);
  };

  const take = () => {
    const shown = video.current;
    if (!shown?.videoWidth) return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [shown.videoWidth, shown.videoHeight];
    canvas.getContext("2d")?.drawImage(shown, 0, 0);
    canvas.toBlob((blob) => blob && onFile(blob, strings.camera.title), "image/jpeg", 0.95);
  };

  if (isDenied) {
    return (
      <p class="verdict bad" role="alert">
        <Icon name="warning" />
        <span>{kind === "sound" ? strings.camera.noMicrophone : strings.camera.denied}</span>
      </p>
    );
  }
  return (
    <div class="recorder">
      {kind !== "sound" && (
        <div class="frame camera-frame">
          <video ref={video} autoplay muted playsinline aria-label={strings.camera.alt} />
          {countdown > 0 && <div class="countdown" aria-hidden="true">{countdown}</div>}
        </div>
      )}
      {kind === "sound" && <div class={`microphone ${recorder ? "on" : ""}`}><Icon name="sound" /></div>}
      {kind === "video" && <p class="hint">{strings.camera.hint}</p>}
      <div class="row centre" aria-live="polite">
        {!stream && <span>{strings.camera.starting}</span>}
        {stream && kind === "photo" && (
          <button type="button" class="primary" onClick={take}>
            <Icon name="camera" /> {strings.camera.take}
          </button>
        )}
        {stream && kind !== "photo" && !recorder && (
          <button
            type="button"
            class="primary"
            disabled={countdown > 0}
            onClick={() => (kind === "sound" ? start() : setCountdown(3))}
          >
            <Icon name="record" />
            {countdown > 0
              ? strings.camera.countdown(countdown)
              : kind === "sound"
                ? strings.camera.recordSound
                : strings.camera.record}
          </button>
        )}
        {recorder && (
          <button type="button" class="primary" onClick={() => recorder.stop()}>
            <Icon name="stop" /> {strings.camera.stop} · {strings.camera.seconds(seconds)}
          </button>
        )}
      </div>
    </div>
  );
}
