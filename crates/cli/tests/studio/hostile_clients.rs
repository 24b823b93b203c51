//! Clients that mean harm, or are broken: each gets the right refusal, and the next honest one is served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Answer, read_answer};
use crate::server::{Server, drawn_head, quick_film};

#[test]
fn without_the_token_or_from_another_site_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let host = format!("Host: 127.0.0.1:{}", client.port);
    let token = format!("Authorization: Bearer {}", client.token);
    let ask = |path: &str, lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        client.send_lines("GET", path, &lines, b"")
    };
    ask("/api/jobs", &[&host, &token]).expect(200);
    ask("/api/jobs", &[&host]).refused(401, "token");
    ask("/api/jobs", &[&host, "Authorization: Bearer 00"]).refused(401, "token");
    ask("/api/jobs", &["Host: evil.example", &token]).refused(403, "host");
    ask("/api/jobs", &[&host, &token, "Origin: http://evil.example"]).refused(403, "origin");
    ask("/api/jobs", &[&host, &token, "Origin: null"]).refused(403, "origin");
    ask("/api/jobs", &[&host, &token, "Sec-Fetch-Site: cross-site"]).refused(403, "origin");
    let live = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
    ];
    let mut foreign = vec![host.as_str(), &token, "Origin: http://evil.example"];
    foreign.extend(live);
    ask("/api/live", &foreign).refused(403, "origin");
    let mut unknown = vec![host.as_str()];
    unknown.extend(live);
    ask("/api/live", &unknown).refused(401, "token");
    ask("/", &[&host]).expect(401);
    ask("/studio.js", &[&host]).expect(401);
    let opened = ask(&format!("/?token={}", client.token), &[&host]).expect(303);
    assert!(
        opened.head.contains("HttpOnly; SameSite=Strict"),
        "{}",
        opened.head
    );
    ask("/?token=guess", &[&host]).expect(401);
    let page = ask("/", &[&host, &token]).expect(200);
    assert!(
        page.head
            .contains("content-security-policy: default-src 'none'"),
        "{}",
        page.head
    );
}

#[test]
fn no_path_and_no_address_of_a_client_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/api/uploads/..%2f..%2fsecret.txt/file",
        "/api/uploads/%2fetc%2fpasswd/file",
        "/api/jobs/..%2f..%2flock/result",
        "/api/uploads/0123456789abcdef0123456789abcdef/file",
    ] {
        let answer = client.get(path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    }
    let id = "0123456789abcdef0123456789abcdef";
    for driving in [
        json!({"upload": "/etc/passwd"}),
        json!({"upload": "http://example.com/a.mp4"}),
        json!({"file": "a"}),
    ] {
        let mut request = quick_film(id, "nod");
        request["driving"] = driving;
        client.post("/api/jobs", &request).expect(422);
    }
    client
        .post("/api/jobs", &quick_film(id, "nod"))
        .refused(400, "missing-input");
    let mut request = quick_film(id, "nod");
    request["output"] = json!("elsewhere.mp4");
    client.post("/api/jobs", &request).expect(422);
}

#[test]
fn files_that_are_no_media_are_refused_with_a_reason_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let head = drawn_head(120);
    let cut = &head[..head.len() / 3];
    let playlist = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n".as_slice();
    for bad in [
        b"just some text".as_slice(),
        cut,
        playlist,
        b"\x89PNG\r\n\x1a\n",
        b"<svg/>",
    ] {
        let answer = client.upload(bad).expect(422).json();
        let message = answer["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("cannot be used"), "{message}");
        let place = folder.path().to_string_lossy().into_owned();
        assert!(!message.contains(&place), "{message}");
    }
    client.upload(b"").refused(400, "empty");
    assert!(server.names_in("uploads").is_empty());
}

#[test]
fn a_huge_body_is_refused_before_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let lines = |length: u64| {
        [
            format!("Host: 127.0.0.1:{}", client.port),
            format!("Authorization: Bearer {}", client.token),
            "Content-Type: application/json".to_owned(),
            format!("Content-Length: {length}"),
        ]
    };
    let start = Instant::now();
    let huge = client.send_lines("POST", "/api/uploads", &lines(900_000_000_000), b"abc");
    huge.refused(413, "too-large");
    let large = vec![b' '; 100_000];
    let jobs = client.send_lines("POST", "/api/jobs", &lines(large.len() as u64), &large);
    assert_eq!(jobs.status, 413);
    assert!(start.elapsed() < Duration::from_secs(15));
    let long_head = format!("X-Long: {}", "a".repeat(200_000));
    let lines = [format!("Host: 127.0.0.1:{}", client.port), long_head];
    assert_eq!(client.send_lines("GET", "/", &lines, b"").status, 431);
}

#[test]
fn clients_that_stall_are_sent_away_and_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let mut stalled_head = client.connect();
    stalled_head
        .write_all(b"GET / HTTP/1.1\r\nHost: 127")
        .unwrap();
    let mut stalled_body = client.connect();
    let head = format!(
        "POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nContent-Length: 5000\r\n\r\nabc",
        client.port, client.token
    );
    stalled_body.write_all(head.as_bytes()).unwrap();
    let mut dripping = client.connect();
    dripping.write_all(head.as_bytes()).unwrap();
    let dripped = std::thread::spawn(move || drip(dripping));
    client.get("/api/jobs").expect(200);
    read_answer(&mut stalled_body).refused(408, "too-slow");
    let mut rest = Vec::new();
    drop(stalled_head.read_to_end(&mut rest));
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    dripped.join().unwrap().refused(408, "too-slow");
    assert!(server.names_in("uploads").is_empty());
}

/// Send a byte a second until there is an answer.
fn drip(mut stream: TcpStream) -> Answer {
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .expect("a timeout can be set");
    for _ in 0..120 {
        if stream.peek(&mut [0]).is_ok() {
            return read_answer(&mut stream);
        }
        stream.write_all(b"x").expect("the connection is open");
    }
    panic!("a byte a second was taken for two minutes");
}

#[test]
fn a_second_studio_does_not_work_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vivant"));
    command
        .args(["serve", "--port", "0", "--folder"])
        .arg(folder.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("another studio works in"), "{complaint}");
}
