// Small drawings beside words; never without a word that says the same.

const PATHS: Record<string, string> = {
  create: "M12 3v18M3 12h18",
  gallery: "M4 5h16v14H4zM4 15l5-5 4 4 3-3 4 4M15 9h.01",
  avatars: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c.6-4.5 4-6.5 8-6.5s7.4 2 8 6.5",
  live: "M15 10l6-3.5v11L15 14zM3 6h12v12H3z",
  verify: "M12 3l8 3v6c0 5-3.5 8-8 9-4.500-1-8-4-8-9V6zM8.500 12l2.500 2.500 4.500-5",
  doctor: "M3 12h4l2-6 4 12 2-6h6",
  camera: "M4 8h4l1.500-2.500h5L16 8h4v11H4zM12 16.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400z",
  upload: "M12 16V5m-4.500 4.500L12 5l4.500 4.500M4 17v3h16v-3",
  check: "M5 12.500l4.500 4.500L19 7.500",
  warning: "M12 4l9.500 16h-19zM12 10v4.500M12 17.500v.01",
  play: "M8 5.500v13l11-6.500z",
  pause: "M8 5v14M16 5v14",
  stop: "M6 6h12v12H6z",
  trash: "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13",
  download: "M12 4v11m-4.500-4L12 15.500 16.500 11M4 19.500h16",
  reset: "M4.500 12a7.500 7.500 0 1 0 2.500-5.600M4 4v4.500h4.500",
  close: "M6 6l12 12M18 6L6 18",
  sound: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  spark: "M12 3l1.800 6.200L20 11l-6.200 1.800L12 19l-1.800-6.200L4 11l6.200-1.800z",
  record: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
};

export function Icon({ name }: { name: string }) {
  const isFilled = name === "play" || name === "stop" || name === "record";
  return (
    <svg class={`icon ${isFilled ? "filled" : ""}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
