// All jobs as the server tells of them, kept up to date by its events.

import { useEffect, useState } from "preact/hooks";
import type { Job } from "./api";

interface Known {
  jobs: Job[];
  /** Whether the first word of the server has come. */
  isReady: boolean;
  isConnected: boolean;
}

let known: Known = { jobs: [], isReady: false, isConnected: true };
const listeners = new Set<(known: Known) => void>();

function tell(next: Partial<Known>) {
  known = { ...known, ...next };
  for (const listener of listeners) listener(known);
}

/** Take a job's newer state, from an event or an answer. */
export function learn(job: Job) {
  const others = known.jobs.filter((other) => other.id !== job.id);
  const jobs = [...others, job].sort((a, b) => b.created_ms - a.created_ms);
  tell({ jobs });
}

/** Listen to the server for as long as the page is open; the browser reconnects by itself. */
export function listenToJobs() {
  const source = new EventSource("/api/events");
  source.addEventListener("snapshot", (event) => {
    tell({ jobs: (JSON.parse(event.data) as { jobs: Job[] }).jobs, isReady: true, isConnected: true });
  });
  source.addEventListener("job", (event) => learn(JSON.parse(event.data) as Job));
  source.addEventListener("removed", (event) => {
    const { id } = JSON.parse(event.data) as { id: string };
    tell({ jobs: known.jobs.filter((job) => job.id !== id) });
  });
  source.onopen = () => tell({ isConnected: true });
  source.onerror = () => tell({ isConnected: false });
}

export function useJobs(): Known {
  const [state, set] = useState(known);
  useEffect(() => {
    listeners.add(set);
    set(known);
    return () => void listeners.delete(set);
  }, []);
  return state;
}
