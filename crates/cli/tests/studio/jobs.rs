//! The whole way of a job: made, done, watched, stopped, cut, taken up again, deleted.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::server::{Server, drawn_couple, drawn_head, quick_film};

/// Bytes of an MP4 as letters, to look for what it says of itself.
fn contains(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|part| part == words.as_bytes())
}

#[test]
fn a_picture_becomes_a_marked_film_that_can_be_played_and_deleted_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let upload = client.upload(&drawn_head(200)).expect(201).json();
    assert_eq!(upload["kind"], "picture");
    assert_eq!(upload["size"], json!([200, 200]));
    assert_eq!(
        upload["faces"][0]["landmarks"].as_array().unwrap().len(),
        70
    );
    let source = upload["id"].as_str().unwrap();
    client
        .get(&format!("/api/uploads/{source}/view"))
        .expect(200);

    let mut request = quick_film(source, "blink");
    request["is_preview"] = json!(true);
    let job = client.post("/api/jobs", &request).expect(201).json();
    let id = job["id"].as_str().unwrap();
    let job = server.wait_for(id, &["completed", "failed"]);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["result"]["summary"]["frames"], 30, "one second of it");
    assert_eq!(job["command"][0], "animate");

    let film = client.get(&format!("/api/jobs/{id}/result")).expect(200);
    assert!(film.head.contains("video/mp4"), "{}", film.head);
    assert!(contains(&film.body, "This video is synthetic"));
    let lines = [
        format!("Host: localhost:{}", client.port),
        format!("Authorization: Bearer {}", client.token),
        "Range: bytes=4-7".to_owned(),
    ];
    let part = client.send_lines("GET", &format!("/api/jobs/{id}/result"), &lines, b"");
    assert_eq!(part.expect(206).body, b"ftyp");

    client
        .send("DELETE", &format!("/api/jobs/{id}?inputs=true"), b"")
        .expect(204);
    client
        .get(&format!("/api/jobs/{id}"))
        .refused(404, "not-found");
    client
        .get(&format!("/api/uploads/{source}"))
        .refused(404, "not-found");
    assert!(server.names_in("results").is_empty());
    assert!(server.names_in("uploads").is_empty());
    assert!(server.names_in("jobs/completed").is_empty());
}

#[test]
fn a_stopped_job_leaves_nothing_and_the_next_one_goes_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let upload = client.upload(&drawn_head(400)).expect(201).json();
    let source = upload["id"].as_str().unwrap();
    let long = client
        .post("/api/jobs", &quick_film(source, "talk"))
        .expect(201)
        .json();
    let mut short = quick_film(source, "nod");
    short["is_preview"] = json!(true);
    let short = client.post("/api/jobs", &short).expect(201).json();
    let [long, short] = [&long, &short].map(|job| job["id"].as_str().unwrap().to_owned());
    server.wait_for(&long, &["running"]);
    assert_eq!(
        server.wait_for(&short, &["queued"])["state"],
        "queued",
        "one at a time"
    );
    client
        .send("DELETE", &format!("/api/jobs/{long}"), b"")
        .refused(409, "running");
    client
        .send("DELETE", &format!("/api/uploads/{source}"), b"")
        .refused(409, "in-use");

    client
        .send("POST", &format!("/api/jobs/{long}/cancel"), b"")
        .expect(200);
    let job = server.wait_for(&long, &["failed", "completed"]);
    assert_eq!(job["failure"]["reason"], "cancelled", "{job:#}");
    let job = server.wait_for(&short, &["failed", "completed"]);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(server.names_in("results"), [short]);
}

#[test]
fn a_kill_in_the_middle_keeps_what_is_finished_and_says_what_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let upload = server.client.upload(&drawn_head(200)).expect(201).json();
    let source = upload["id"].as_str().unwrap();
    let mut preview = quick_film(source, "nod");
    preview["is_preview"] = json!(true);
    let ids: Vec<String> = [
        preview,
        quick_film(source, "talk"),
        quick_film(source, "blink"),
    ]
    .iter()
    .map(|request| {
        let job = server.client.post("/api/jobs", request).expect(201).json();
        job["id"].as_str().unwrap().to_owned()
    })
    .collect();
    server.wait_for(&ids[0], &["completed"]);
    server.wait_for(&ids[1], &["running"]);

    let server = server.kill_and_restart();
    assert!(
        server.greeting.contains("1 job(s) were cut"),
        "{}",
        server.greeting
    );
    let result = server.client.get(&format!("/api/jobs/{}/result", ids[0]));
    assert!(contains(&result.expect(200).body, "ftyp"));
    let job = server.wait_for(&ids[1], &["failed"]);
    assert_eq!(job["failure"]["reason"], "cut");
    let job = server.wait_for(&ids[2], &["completed", "failed"]);
    assert_eq!(
        job["state"], "completed",
        "what waited goes on by itself: {job:#}"
    );
    server
        .client
        .send("POST", &format!("/api/jobs/{}/submit", ids[1]), b"")
        .expect(200);
    let job = server.wait_for(&ids[1], &["completed", "failed"]);
    assert_eq!(job["state"], "completed", "{job:#}");
}

#[test]
fn a_draft_can_be_changed_and_a_job_that_is_done_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let upload = client
        .post("/api/uploads/example", &json!({}))
        .expect(201)
        .json();
    let source = upload["id"].as_str().unwrap();
    let draft = client
        .post("/api/jobs?draft=true", &quick_film(source, "nod"))
        .expect(201)
        .json();
    assert_eq!(draft["state"], "drafted");
    let place = format!("/api/jobs/{}", draft["id"].as_str().unwrap());
    let mut changed = quick_film(source, "blink");
    changed["is_preview"] = json!(true);
    client
        .send("PUT", &place, changed.to_string().as_bytes())
        .expect(200);
    let server = server.kill_and_restart();
    let client = &server.client;
    let draft = client.get(&place).expect(200).json();
    assert_eq!(draft["request"]["driving"]["motion"], "blink");
    client
        .send("POST", &format!("{place}/submit"), b"")
        .expect(200);
    server.wait_for(draft["id"].as_str().unwrap(), &["completed"]);
    client
        .send("PUT", &place, changed.to_string().as_bytes())
        .refused(409, "not-a-draft");
    client
        .send("POST", &format!("{place}/submit"), b"")
        .refused(409, "not-idle");
}

#[test]
fn events_begin_with_all_jobs_and_a_listener_who_returns_gets_what_was_missed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let listen = |last: Option<&str>| {
        let mut stream = client.connect();
        let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
        let head = format!(
            "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n{last}\r\n",
            client.port, client.token
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        let mut piece = [0; 4096];
        while !text.contains("data: ") {
            let count = stream.read(&mut piece).unwrap();
            assert_ne!(count, 0, "the stream stays open: {text}");
            text.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
        text
    };
    let upload = client
        .post("/api/uploads/example", &json!({}))
        .expect(201)
        .json();
    let draft = quick_film(upload["id"].as_str().unwrap(), "nod");
    client.post("/api/jobs?draft=true", &draft).expect(201);
    let first = listen(None);
    assert!(first.contains("event: snapshot"), "{first}");
    let id = first
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap()
        .to_owned();
    client.post("/api/jobs?draft=true", &draft).expect(201);
    let missed = listen(Some(&id));
    assert!(
        missed.contains("event: job") && !missed.contains("snapshot"),
        "{missed}"
    );
    let of_another_run = listen(Some("00000000-5"));
    assert!(
        of_another_run.contains("event: snapshot"),
        "{of_another_run}"
    );
}

#[test]
fn each_face_of_a_picture_moves_by_its_own_motion() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let upload = client.upload(&drawn_couple()).expect(201).json();
    assert_eq!(upload["faces"].as_array().unwrap().len(), 2);
    let source = upload["id"].as_str().unwrap();
    let mut request = quick_film(source, "talk");
    request["face"] = json!(1);
    request["others"] = json!([{"face": 2, "driving": {"motion": "nod"}}]);
    request["is_preview"] = json!(true);
    request["preview_from_s"] = json!(0.5);
    let job = client.post("/api/jobs", &request).expect(201).json();
    let id = job["id"].as_str().unwrap();
    let job = server.wait_for(id, &["completed", "failed"]);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["result"]["summary"]["frames"], 30);
    let file = folder.path().join("results").join(id).join("faces.toml");
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written.matches("[[face]]").count(), 2, "{written}");
    request["others"] = json!([{"face": 1, "driving": {"motion": "nod"}}]);
    client.post("/api/jobs", &request).refused(400, "request");
}

#[test]
fn photos_become_an_avatar_that_can_be_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let photos = [200, 240].map(|side| {
        let upload = client.upload(&drawn_head(side)).expect(201).json();
        upload["id"].as_str().unwrap().to_owned()
    });
    let request =
        json!({"task": "fine-tune", "photos": photos, "shots": 2, "consent": "character"});
    let job = client.post("/api/jobs", &request).expect(201).json();
    let id = job["id"].as_str().unwrap();
    let job = server.wait_for(id, &["completed", "failed"]);
    assert_eq!(job["state"], "completed", "{job:#}");
    let summary = &job["result"]["summary"];
    // the other one is nearly the same
    assert_eq!(*summary, json!({"shots": 1, "is_trained": false}));
    client
        .post("/api/jobs?draft=true", &quick_film(id, "nod"))
        .expect(201);
}
