//! One job as a child process of this very program: it is told to stop by the end of its standard input, which a
//! killed server closes too, and tells of itself in JSON lines.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::Notify;

use crate::config::ServeConfig;

/// Time that a job has to end by itself before it is killed.
const TIME_TO_STOP: Duration = Duration::from_secs(10);
/// Most of a job's complaints that are kept, bytes.
const KEPT_COMPLAINTS: usize = 8192;

/// How a job's process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) is_success: bool,
    /// Whether it was asked to stop.
    pub(crate) is_stopped: bool,
    /// What it wrote to standard error.
    pub(crate) complaints: String,
}

/// Run the program with these words; every line it tells is handed to `tell`.
pub(crate) async fn run(
    config: &ServeConfig,
    words: &[OsString],
    stop: &Arc<Notify>,
    mut tell: impl FnMut(Value),
) -> std::io::Result<Ended> {
    let mut command = Command::new(&config.program);
    command
        .args(&config.program_arguments)
        .arg("--events")
        .args(words);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.kill_on_drop(true);
    // Ctrl-C in the terminal is for the server, which then stops its jobs itself.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    let stdout = child.stdout.take().expect("standard output is piped");
    let stderr = child.stderr.take().expect("standard error is piped");
    let complaints = tokio::spawn(last_words(stderr));
    let mut lines = BufReader::new(stdout).lines();
    let mut is_stopped = false;
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => tell(event_of(&line)),
                None => break,
            },
            () = stop.notified(), if !is_stopped => {
                is_stopped = true;
                drop(stdin.take());
            }
            () = tokio::time::sleep(TIME_TO_STOP), if is_stopped => {
                child.start_kill()?;
            }
        }
    }
    let status = wait(&mut child, stop, &mut is_stopped).await?;
    drop(stdin);
    Ok(Ended {
        is_success: status.success(),
        is_stopped,
        complaints: complaints.await.unwrap_or_default(),
    })
}

/// A line as an event; a line for people is a message.
fn event_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_plain| json!({"event": "message", "text": line}))
}

/// Wait for the end of a process that says nothing any more.
async fn wait(
    child: &mut Child,
    stop: &Notify,
    is_stopped: &mut bool,
) -> std::io::Result<std::process::ExitStatus> {
    tokio::select! {
        status = child.wait() => return status,
        () = stop.notified() => {}
    }
    *is_stopped = true;
    child.start_kill()?;
    child.wait().await
}

/// Read standard error to its end and keep the last of it.
async fn last_words(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        let surplus = kept.len().saturating_sub(KEPT_COMPLAINTS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
