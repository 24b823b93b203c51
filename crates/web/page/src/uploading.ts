// Sending files, several at once, with how far each is.

import { useRef, useState } from "preact/hooks";
import { Refusal, sendFile, type Upload } from "./api";

export interface Sending {
  key: number;
  name: string;
  share: number;
}

/** A photo that this server cannot read as one that it can, where the browser can. */
async function readable(file: Blob, name: string): Promise<Blob> {
  const isHeic = /image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(name);
  if (!isHeic) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    if (blob) return blob;
  } catch {
    // told below
  }
  throw new Refusal(0, "heic", "");
}

/** A function that sends files, what it is sending, and the last problem. */
export function useUploading() {
  const [sending, setSending] = useState<Sending[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  const next = useRef(0);
  const send = async (file: Blob, name: string): Promise<Upload | null> => {
    const key = next.current++;
    setProblem(null);
    setSending((all) => [...all, { key, name, share: 0 }]);
    try {
      const body = await readable(file, name);
      return await sendFile(body, name, (share) =>
        setSending((all) => all.map((one) => (one.key === key ? { ...one, share } : one))),
      );
    } catch (error) {
      setProblem(error);
      return null;
    } finally {
      setSending((all) => all.filter((one) => one.key !== key));
    }
  };
  return { send, sending, problem, setProblem };
}
