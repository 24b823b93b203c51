// Where files are dropped, pasted or chosen.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon";

interface Props {
  label: string;
  choose: string;
  accept: string;
  several?: boolean;
  pasted?: boolean;
  compact?: boolean;
  onFiles: (files: File[]) => void;
  children?: ComponentChildren;
}

export function DropZone({ label, choose, accept, several, pasted, compact, onFiles, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    if (!pasted) return;
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) onFiles(several ? files : files.slice(0, 1));
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  });

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(several ? files : files.slice(0, 1));
  };
  const chosen = () => {
    const files = [...(input.current?.files ?? [])];
    if (files.length > 0) onFiles(files);
    if (input.current) input.current.value = "";
  };
  return (
    <div
      class={`drop ${isOver ? "over" : ""} ${compact ? "compact" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {!compact && (
        <div class="drop-mark">
          <Icon name="upload" />
        </div>
      )}
      {!compact && <p class="drop-label">{label}</p>}
      <div class="row centre">
        <button type="button" class={compact ? "quiet" : "primary"} onClick={() => input.current?.click()}>
          {choose}
        </button>
        <input
          ref={input}
          type="file"
          class="unseen"
          tabIndex={-1}
          aria-label={label}
          accept={accept}
          multiple={several}
          onChange={chosen}
        />
        {children}
      </div>
    </div>
  );
}
