//! `.avatar`: the archive as it comes, then with hashes that fit, and what it paints.
#![no_main]

use std::io::Read as _;

use landmarks::Landmarks;
use libfuzzer_sys::fuzz_target;
use reenactment::few_shot::{Avatar, AvatarPainter};

const MANIFEST: &str = "avatar.toml";

fuzz_target!(|data: &[u8]| {
    use_avatar(data);
    if let Some(whole) = with_true_hashes(data) {
        use_avatar(&whole);
    }
});

fn use_avatar(bytes: &[u8]) {
    fuzz::with_file("in.avatar", bytes, |path| {
        let Ok(avatar) = Avatar::open(path) else {
            return;
        };
        avatar
            .write(&fuzz::folder().join("again.avatar"))
            .expect("it was whole");
        let rest: Landmarks = *avatar.rest();
        if let Ok(painter) = AvatarPainter::new(&avatar) {
            drop(painter.paint(&rest));
        }
    });
}

/// The archive with hashes that fit its members; `None` where it is no archive of small files.
fn with_true_hashes(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in tar::Archive::new(bytes).entries().ok()? {
        let entry = entry.ok()?;
        let name = entry.path().ok()?.to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.take(1 << 20).read_to_end(&mut content).ok()?;
        members.push((name, content));
    }
    let find = |wanted: &str| members.iter().find(|(name, _)| name == wanted);
    let manifest =
        fuzz::with_true_hashes(&find(MANIFEST)?.1, &|name, _| Some(find(name)?.1.clone()));
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in &members {
        let content = if name == MANIFEST { &manifest } else { content };
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive
            .append_data(&mut header, name, content.as_slice())
            .ok()?;
    }
    archive.into_inner().ok()
}
