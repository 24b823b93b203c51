//! A running ffmpeg: its messages are collected, and it never outlives its owner.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::thread::JoinHandle;

use crate::error::MediaError;
use crate::tool_call::ToolCall;

/// How much of ffmpeg's messages is kept: this much from the start and as much from the end.
const KEPT_BYTES: usize = 4096;
/// How many lines of it go into an error.
const SHOWN_LINES: usize = 4;

/// What ffmpeg says where its output is not complete.
const WRITE_FAILURES: [&str; 4] = [
    "No space left on device",
    "Error writing trailer",
    "Error closing file",
    "Input/output error",
];

/// A child process that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct FfmpegProcess {
    child: Child,
    messages: Option<JoinHandle<String>>,
}

impl FfmpegProcess {
    /// Start the command with its messages caught; `command` decides about input and output.
    pub(crate) fn start(command: &mut ToolCall) -> Result<Self, MediaError> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take();
        let messages = stderr.map(|stderr| std::thread::spawn(move || collect(stderr)));
        Ok(Self { child, messages })
    }

    /// Run the command to its end.
    pub(crate) fn run(command: &mut ToolCall, path: &Path) -> Result<(), MediaError> {
        command.stdout(Stdio::null());
        Self::start(command)?.wait_for_success(path)
    }

    /// Wait for the end; anything but success is an error with ffmpeg's own words.
    pub(crate) fn wait_for_success(self, path: &Path) -> Result<(), MediaError> {
        let (status, messages) = self.wait(path)?;
        // Up to version 5 a disk that is full at the last moment does not change the exit status.
        let is_written = !WRITE_FAILURES.iter().any(|words| messages.contains(words));
        if status.success() && is_written {
            return Ok(());
        }
        Err(MediaError::from_ffmpeg(path, failure(status, &messages)))
    }

    /// The end to write to, once.
    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// The end to read from, once.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Wait for the end; the messages are short and made for people.
    pub(crate) fn wait(mut self, path: &Path) -> Result<(ExitStatus, String), MediaError> {
        let status = self.child.wait().map_err(|source| MediaError::Read {
            path: path.to_owned(),
            source,
        })?;
        let raw = self.messages.take().and_then(|thread| thread.join().ok());
        Ok((status, readable_errors(&raw.unwrap_or_default())))
    }
}

impl Drop for FfmpegProcess {
    fn drop(&mut self) {
        // Both fail only where the process has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What to say about a failed run: its messages, or its exit status where it left none.
pub(crate) fn failure(status: ExitStatus, messages: &str) -> String {
    if messages.is_empty() {
        return format!("it ended with {status} and no message");
    }
    messages.to_owned()
}

/// Read all messages, keeping the first and the last ones.
fn collect(mut stderr: ChildStderr) -> String {
    let mut kept: Vec<u8> = Vec::new();
    let mut tail: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut chunk) {
        let room = KEPT_BYTES.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&chunk[..room]);
        tail.extend_from_slice(&chunk[room..count]);
        let excess = tail.len().saturating_sub(KEPT_BYTES);
        tail.drain(..excess);
    }
    kept.extend(tail);
    String::from_utf8_lossy(&kept).into_owned()
}

/// Make ffmpeg's messages fit for an error: no memory addresses, no repeats, a few lines.
pub(crate) fn readable_errors(raw: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in raw.lines().map(without_address) {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.len() > SHOWN_LINES {
        lines.drain(1..lines.len() - (SHOWN_LINES - 1)); // the first tells the cause
    }
    lines.join("; ")
}

/// `[mov @ 0x55d0] moov atom not found` becomes `moov atom not found`.
fn without_address(line: &str) -> String {
    let mut rest = line.trim();
    while let Some((_, after)) = rest
        .strip_prefix('[')
        .and_then(|inside| inside.split_once("] "))
        .filter(|(name, _)| name.contains(" @ 0x"))
    {
        rest = after.trim_start();
    }
    rest.chars().filter(|char| !char.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_addresses_and_repeats() {
        let raw = "[mov,mp4 @ 0x5581] moov atom not found\n[mov,mp4 @ 0x5582] moov atom not found\nx: Invalid data\n";
        assert_eq!(readable_errors(raw), "moov atom not found; x: Invalid data");
    }

    #[test]
    fn a_flood_of_messages_keeps_the_first_and_the_last() {
        let raw: String = (0..100).map(|i| format!("line {i}\n")).collect();
        assert_eq!(readable_errors(&raw), "line 0; line 97; line 98; line 99");
    }
}
