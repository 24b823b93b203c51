// What is heard.

import { useState } from "preact/hooks";
import { fileOf } from "../api";
import { Dialog } from "../components/dialog";
import { DropZone } from "../components/drop-zone";
import { Icon } from "../components/icon";
import { Problem } from "../components/problem";
import { Recorder } from "../components/recorder";
import { SendingList } from "../components/sending-list";
import type { Draft } from "../draft";
import { useStrings } from "../strings";
import { useUploading } from "../uploading";

interface Props {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
}

export function SoundChoice({ draft, change }: Props) {
  const strings = useStrings();
  const { send, sending, problem, setProblem } = useUploading();
  const [isOn, setOn] = useState(false);
  const options: [Draft["sound"], string, boolean][] = [
    ["driving", strings.sound.driving, [draft, ...draft.others].some(({ driver }) => driver?.has_sound)],
    ["source", strings.sound.source, draft.source?.kind === "video" && draft.source.has_sound],
    ["none", strings.sound.none, true],
    ["file", strings.sound.file, true],
  ];
  const take = async (file: Blob, name: string) => {
    setOn(false);
    const upload = await send(file, name);
    if (!upload) return;
    if (upload.has_sound) change({ soundFile: upload, sound: "file" });
    else setProblem(new Error(strings.motion.notASound));
  };
  return (
    <fieldset class="sound">
      <legend>{strings.sound.title}</legend>
      <div class="choices">
        {options
          .filter(([, , isThere]) => isThere)
          .map(([value, label]) => (
            <label key={value} class="choice">
              <input type="radio" name="sound" checked={draft.sound === value} onChange={() => change({ sound: value })} />
              <span>{label}</span>
            </label>
          ))}
      </div>
      <Problem error={problem} onClose={() => setProblem(null)} />
      {draft.sound === "file" && (
        <div class="row">
          {draft.soundFile && <audio controls src={fileOf(draft.soundFile.id)} aria-label={draft.soundFile.label} />}
          <DropZone
            compact
            label={strings.sound.choose}
            choose={strings.sound.choose}
            accept="audio/*,video/*"
            onFiles={(files) => files[0] && take(files[0], files[0].name)}
          >
            <button type="button" class="quiet" onClick={() => setOn(true)}>
              <Icon name="record" /> {strings.sound.record}
            </button>
          </DropZone>
        </div>
      )}
      <SendingList sending={sending} />
      <p class="hint">{strings.sound.help}</p>
      {isOn && (
        <Dialog title={strings.camera.recordSound} onClose={() => setOn(false)}>
          <Recorder kind="sound" onFile={take} />
        </Dialog>
      )}
    </fieldset>
  );
}
