// Which language the page speaks: the user's choice, else the browser's, else English.

import { useEffect, useState } from "preact/hooks";
import { de } from "./de";
import { en, type Strings } from "./en";

export const languages: Record<string, Strings> = { en, de };
const KEY = "vivant-language";

function preferred(): string {
  const kept = localStorage.getItem(KEY);
  if (kept && kept in languages) return kept;
  const wanted = navigator.languages.map((language) => language.slice(0, 2));
  return wanted.find((language) => language in languages) ?? "en";
}

let current = preferred();
const listeners = new Set<(language: string) => void>();

export function language(): string {
  return current;
}

export function speak(language: string) {
  current = language;
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
  for (const listener of listeners) listener(language);
}

/** The strings of the language that is spoken now. */
export function useStrings(): Strings {
  const [spoken, set] = useState(current);
  useEffect(() => {
    listeners.add(set);
    document.documentElement.lang = current;
    return () => void listeners.delete(set);
  }, []);
  return languages[spoken] ?? en;
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString(current, { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** A moment, milliseconds since 1970, as a day and a time. */
export function date(moment: number): string {
  return new Date(moment).toLocaleString(current, { dateStyle: "medium", timeStyle: "short" });
}

/** Seconds as minutes and seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return `${minutes}:${String(rest).padStart(2, "0")}`;
}
