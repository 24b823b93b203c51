//! A model bundle: `model.toml`, a zero byte, and the bytes that each of its parts has.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((manifest, part)) = fuzz::two_files(data) else {
        return;
    };
    let folder = fuzz::folder();
    let whole = fuzz::with_true_hashes(manifest, &|_, fields| {
        let name = fields.get("file")?.as_str()?;
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        if !is_plain
            || name.is_empty()
            || name.starts_with('.')
            || name == "model.toml"
            || name.len() > 40
        {
            return None;
        }
        std::fs::write(folder.join(name), part).expect("the folder is ours");
        Some(part.to_vec())
    });
    for manifest in [manifest, &whole] {
        fuzz::with_file("model.toml", manifest, |_| {
            if let Ok(bundle) = inference::Bundle::open(folder) {
                for name in bundle.manifest().parts.keys() {
                    bundle.part(name).expect("an open bundle has its parts");
                }
            }
        });
    }
});
