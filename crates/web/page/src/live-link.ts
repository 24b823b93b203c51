// The live view's conversation with the server: frames of the camera go, pictures come, and the time between is measured.

export interface LiveRequest {
  source: string;
  face: number | null;
  engine: "auto" | "warp";
  regions: string[];
  strength: number;
  smoothing: number;
  side_px: number;
  consent: string | null;
}

export interface Ready {
  painter: "warp" | "avatar" | "portrait";
  side_px: number;
  virtual_camera: string | null;
}

export interface Rates {
  /** Pictures a second that were shown in the last two seconds. */
  perSecond: number;
  /** Milliseconds from the camera's frame to its picture on the screen, the middle one of the last two seconds. */
  delayMs: number;
  trackingMs: number;
  paintingMs: number;
  isSeen: boolean;
  isCalibrated: boolean;
}

interface Listener {
  ready: (ready: Ready) => void;
  shown: (rates: Rates) => void;
  warned: (message: string) => void;
  recorded: (job: string | null) => void;
  ended: (error: { code: string; message: string } | null) => void;
}

/** Width of the frames that are sent, pixels: enough to find 70 points, small enough to be quick. */
const SENT_WIDTH = 320;
/** Frames on their way at the same time: one is worked on while the next is sent. */
const ON_THEIR_WAY = 2;
const MEASURED_MS = 2000;

/** Send `camera` to the server and draw what comes back on `canvas`, until the function returned is called. */
export function startLive(camera: HTMLVideoElement, canvas: HTMLCanvasElement, request: LiveRequest, listener: Listener) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/live`);
  socket.binaryType = "arraybuffer";
  const small = document.createElement("canvas");
  const sent = new Map<number, number>();
  const shown: { at: number; delay: number }[] = [];
  let number = 0;
  let isReady = false;
  let isEnded = false;
  let lastTime = -1;
  let begun: number | null = null;
  let failure: { code: string; message: string } | null = null;

  const send = () => {
    if (isEnded) return;
    const isFresh = camera.currentTime !== lastTime;
    if (isReady && isFresh && sent.size < ON_THEIR_WAY && camera.videoWidth > 0) {
      lastTime = camera.currentTime;
      sendFrame();
    }
    // pages in the background get no animation frames, but a live view behind OBS must go on
    setTimeout(send, 5);
  };
  const sendFrame = () => {
    const id = number++;
    const at = performance.now();
    sent.set(id, at);
    small.width = SENT_WIDTH;
    small.height = Math.round((SENT_WIDTH * camera.videoHeight) / camera.videoWidth);
    small.getContext("2d")?.drawImage(camera, 0, 0, small.width, small.height);
    small.toBlob(
      async (blob) => {
        if (!blob || socket.readyState !== WebSocket.OPEN) return;
        const head = new DataView(new ArrayBuffer(12));
        head.setUint32(0, id, true);
        head.setFloat64(4, at / 1000, true);
        socket.send(await new Blob([head.buffer, blob]).arrayBuffer());
      },
      "image/jpeg",
      0.85,
    );
  };
  const show = async (data: ArrayBuffer) => {
    const head = new DataView(data);
    const id = head.getUint32(0, true);
    const flags = head.getUint8(4);
    const picture = await createImageBitmap(new Blob([data.slice(9)], { type: "image/jpeg" }));
    const context = canvas.getContext("2d");
    if (canvas.width !== picture.width) [canvas.width, canvas.height] = [picture.width, picture.height];
    context?.drawImage(picture, 0, 0);
    picture.close();
    const now = performance.now();
    const at = sent.get(id) ?? now;
    // frames before this one that got no answer were skipped for newer ones
    for (const old of sent.keys()) if (old <= id) sent.delete(old);
    shown.push({ at: now, delay: now - at });
    while (shown[0] && now - shown[0].at > MEASURED_MS) shown.shift();
    const delays = shown.map((one) => one.delay).sort((a, b) => a - b);
    begun ??= now;
    // counted over the window and not between first and last picture, which may come in a burst
    const window = Math.min(MEASURED_MS, now - begun);
    listener.shown({
      perSecond: window > 0 ? (shown.length * 1000) / window : 0,
      delayMs: delays[Math.floor(delays.length / 2)] ?? 0,
      trackingMs: head.getUint16(5, true) / 10,
      paintingMs: head.getUint16(7, true) / 10,
      isSeen: (flags & 1) > 0,
      isCalibrated: (flags & 2) > 0,
    });
  };
  const hear = (text: string) => {
    const told = JSON.parse(text);
    if (told.ready) {
      isReady = true;
      listener.ready(told.ready);
    } else if (told.warning) listener.warned(told.warning);
    else if ("recorded" in told) listener.recorded(told.recorded);
    else if (told.error) failure = told.error;
  };
  socket.onopen = () => socket.send(JSON.stringify(request));
  socket.onmessage = (event) => (typeof event.data === "string" ? hear(event.data) : void show(event.data));
  socket.onclose = () => {
    if (!isEnded || failure) listener.ended(failure);
    isEnded = true;
  };
  send();
  return {
    say: (wish: "calibrate" | "record" | "stop-recording") => socket.send(JSON.stringify(wish)),
    stop: () => {
      isEnded = true;
      socket.close();
    },
  };
}
