//! A small HTTP client of the tests, which can also misbehave.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Expect this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{}\n{text}", self.head);
        self
    }

    /// Expect a refusal with this status and word.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) {
        let answer = self.expect(status);
        assert_eq!(answer.json()["error"]["code"], code);
    }
}

/// Whom the client talks to, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) port: u16,
    pub(crate) token: String,
}

impl Client {
    /// Open a connection that gives up after a while.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a timeout can be set");
        stream
    }

    /// Send a request as the page does.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let lines = [
            format!("Host: 127.0.0.1:{}", self.port),
            format!("Authorization: Bearer {}", self.token),
            "Content-Type: application/json".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        self.send_lines(method, path, &lines, body)
    }

    /// Send a request with these header lines and no others.
    pub(crate) fn send_lines(
        &self,
        method: &str,
        path: &str,
        lines: &[String],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{}\r\nConnection: close\r\n\r\n",
            lines.join("\r\n")
        );
        stream
            .write_all(head.as_bytes())
            .expect("the head is taken");
        // a server that refuses may close before the body is through
        drop(stream.write_all(body));
        read_answer(&mut stream)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body.to_string().as_bytes())
    }

    /// Upload a file and return what the server says of it.
    pub(crate) fn upload(&self, bytes: &[u8]) -> Answer {
        self.send("POST", "/api/uploads?label=test", bytes)
    }
}

/// Read an answer to its end.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // a reset after the answer is no failure of the answer
    drop(stream.read_to_end(&mut bytes));
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let is_chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    let body = bytes[end + 4..].to_vec();
    Answer {
        status: status.expect("a status"),
        body: if is_chunked { joined(&body) } else { body },
        head,
    }
}

/// A chunked body in one piece.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|part| part == b"\r\n") {
        let length = std::str::from_utf8(&rest[..end]).ok();
        let length = length.and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(length @ 1..) = length else { break };
        whole.extend_from_slice(&rest[end + 2..(end + 2 + length).min(rest.len())]);
        rest = &rest[(end + 4 + length).min(rest.len())..];
    }
    whole
}
