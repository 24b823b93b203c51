// What any file says about itself.

import { useState } from "preact/hooks";
import { verifyFile, type Verified } from "../api";
import { DropZone } from "../components/drop-zone";
import { Finding } from "../components/finding";
import { Problem } from "../components/problem";
import { useStrings } from "../strings";

export function Verify() {
  const strings = useStrings();
  const said = strings.verifying;
  const [share, setShare] = useState<number | null>(null);
  const [found, setFound] = useState<Verified | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const take = async ([file]: File[]) => {
    if (!file) return;
    setFound(null);
    setProblem(null);
    setShare(0);
    try {
      setFound(await verifyFile(file, file.name, setShare));
    } catch (error) {
      setProblem(error);
    } finally {
      setShare(null);
    }
  };
  return (
    <>
      <header class="title">
        <h1 tabIndex={-1}>{said.title}</h1>
        <p>{said.lead}</p>
      </header>
      <section class="step" aria-label={said.title}>
        <Problem error={problem} onClose={() => setProblem(null)} />
        <DropZone label={said.drop} choose={said.choose} accept="image/*,video/*,audio/*" pasted compact={found !== null} onFiles={take} />
        {share !== null && <progress aria-label={said.reading} max={1} {...(share < 1 ? { value: share } : {})} />}
        <div aria-live="polite">
          {found && <Finding found={found} />}
        </div>
        <p class="hint">{said.help}</p>
      </section>
    </>
  );
}
