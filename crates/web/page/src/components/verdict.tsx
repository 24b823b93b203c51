// What is said of an upload, in a sentence with a sign.

import type { Upload, Verdict as Said } from "../api";
import { useStrings } from "../strings";
import type { Strings } from "../strings/en";
import { Icon } from "./icon";

export function sentence(strings: Strings, verdict: Said, isVideo: boolean): string {
  const said = strings.verdict;
  switch (verdict.code) {
    case "good":
      return isVideo ? said.goodVideo : said.good;
    case "small":
      return said.small(verdict.detail);
    case "turned":
      return said.turned(verdict.detail);
    default:
      return said[verdict.code];
  }
}

export function Verdict({ upload }: { upload: Upload }) {
  const strings = useStrings();
  const isGood = upload.verdict.code === "good";
  const kind = isGood ? "good" : upload.verdict.code === "no-face" ? "bad" : "fair";
  return (
    <p class={`verdict ${kind}`} role="status">
      <Icon name={isGood ? "check" : "warning"} />
      <span>{sentence(strings, upload.verdict, upload.kind === "video")}</span>
    </p>
  );
}
