// The page: its parts, which of them is shown, language and appearance.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type About } from "./api";
import { Icon } from "./components/icon";
import { listenToJobs, useJobs } from "./jobs";
import { Avatars } from "./screens/avatars";
import { Create } from "./screens/create";
import { Doctor } from "./screens/doctor";
import { FilmPage, Gallery } from "./screens/gallery";
import { Live } from "./screens/live";
import { Verify } from "./screens/verify";
import { language, languages, speak, useStrings } from "./strings";
import "./studio.css";

const PARTS = ["create", "gallery", "avatars", "live", "verify", "doctor"] as const;
type Part = (typeof PARTS)[number];

function useRoute(): string[] {
  const read = () => location.hash.replace(/^#\//, "").split("/");
  const [route, set] = useState(read);
  useEffect(() => {
    const change = () => set(read());
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return route;
}

function useTheme(): [string, (theme: string) => void] {
  const [theme, set] = useState(localStorage.getItem("vivant-theme") ?? "auto");
  useEffect(() => {
    localStorage.setItem("vivant-theme", theme);
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [theme, set];
}

function Studio() {
  const strings = useStrings();
  const [part = "", id = null] = useRoute();
  const shown = PARTS.includes(part as Part) ? (part as Part) : part === "film" ? "gallery" : "create";
  const [about, setAbout] = useState<About | null>(null);
  const { isConnected } = useJobs();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => void api.about().then(setAbout, () => {}), []);
  useEffect(() => {
    const title = part === "film" ? strings.film.result : strings.nav[shown];
    document.title = `${title} · ${strings.name}`;
    // who moves by keyboard or hears the page starts at the new part's heading
    if (!isFirst.current) main.current?.querySelector<HTMLElement>("h1")?.focus();
    isFirst.current = false;
  }, [part, id, strings]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {strings.skip}
      </a>
      <Bar shown={shown} />
      <main id="main" tabIndex={-1} ref={main}>
        {!isConnected && (
          <p class="problem" role="alert">
            <Icon name="warning" />
            <span>{strings.lost}</span>
          </p>
        )}
        {shown === "create" && <Create key={id ?? ""} about={about} from={id} />}
        {shown === "gallery" && (part === "film" && id ? <FilmPage id={id} /> : <Gallery />)}
        {shown === "avatars" && <Avatars about={about} />}
        {shown === "live" && <Live />}
        {shown === "verify" && <Verify />}
        {shown === "doctor" && <Doctor about={about} />}
      </main>
    </>
  );
}

function Bar({ shown }: { shown: Part }) {
  const strings = useStrings();
  const [theme, setTheme] = useTheme();
  return (
    <header class="bar">
      <a class="brand" href="#/create">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <span>{strings.name}</span>
      </a>
      <nav aria-label={strings.nav.label}>
        {PARTS.map((part) => (
          <a key={part} href={`#/${part}`} aria-current={part === shown ? "page" : undefined}>
            <Icon name={part} />
            <span>{strings.nav[part]}</span>
          </a>
        ))}
      </nav>
      <div class="settings">
        <p class="local">{strings.local}</p>
        <label>
          <span class="unseen">{strings.chooseLanguage}</span>
          <select value={language()} onChange={(event) => speak(event.currentTarget.value)}>
            {Object.entries(languages).map(([code, words]) => (
              <option key={code} value={code} lang={code}>
                {words.language}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="unseen">{strings.theme.label}</span>
          <select value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
            <option value="auto">{strings.theme.auto}</option>
            <option value="light">{strings.theme.light}</option>
            <option value="dark">{strings.theme.dark}</option>
          </select>
        </label>
      </div>
    </header>
  );
}

listenToJobs();
render(<Studio />, document.getElementById("studio")!);
