//! Twenty clients at once: nothing lost, nothing mixed up, memory bounded.

use std::collections::HashSet;

use crate::server::{Server, drawn_head, quick_film};

/// Clients at the same time.
const CLIENTS: u32 = 20;
/// Most memory of the server, bytes: the face networks and a few pictures.
const MOST_MEMORY: u64 = 700_000_000;

#[test]
fn twenty_clients_upload_poll_and_draft_at_once_and_each_finds_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = &server.client;
    let pictures: Vec<(u32, Vec<u8>)> = (0..CLIENTS)
        .map(|n| (100 + 2 * n, drawn_head(100 + 2 * n)))
        .collect();
    let work = |(side, picture): &(u32, Vec<u8>)| {
        let upload = loop {
            let answer = client.upload(picture);
            client.get("/api/jobs").expect(200);
            match answer.status {
                201 => break answer.json(),
                // told to come again in a moment
                429 => std::thread::sleep(std::time::Duration::from_millis(50)),
                other => panic!("{other}: {answer:?}"),
            }
        };
        assert_eq!(upload["size"][0], *side);
        let id = upload["id"].as_str().unwrap().to_owned();
        let kept = client.get(&format!("/api/uploads/{id}/file")).expect(200);
        assert_eq!(kept.body, *picture, "the bytes of {side}");
        let draft = client
            .post("/api/jobs?draft=true", &quick_film(&id, "nod"))
            .expect(201)
            .json();
        assert_eq!(draft["request"]["source"], id.as_str());
        for _ in 0..10 {
            client.get("/api/jobs").expect(200);
            client.get(&format!("/api/uploads/{id}")).expect(200);
        }
        id
    };
    let ids: HashSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = pictures
            .iter()
            .map(|picture| scope.spawn(|| work(picture)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no client fails"))
            .collect()
    });
    assert_eq!(ids.len(), CLIENTS as usize);
    let jobs = client.get("/api/jobs").expect(200).json();
    let sources: HashSet<String> = jobs
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["request"]["source"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sources, ids);
    if let Some(peak) = server.peak_memory() {
        assert!(peak < MOST_MEMORY, "{} MB", peak / 1_000_000);
    }
}
