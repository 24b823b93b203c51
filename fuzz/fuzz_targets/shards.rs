//! Shards: `index.json`, a zero byte, and the tar file that it names.
#![no_main]

use dataset::Shards;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const TAR: &str = "shard-00000.tar";

fuzz_target!(|data: &[u8]| {
    let Some((index, tar)) = fuzz::two_files(data) else {
        return;
    };
    let folder = fuzz::folder();
    std::fs::write(folder.join(TAR), tar).expect("the folder is ours");
    let whole = with_true_length(index, tar.len());
    for index in [index, &whole] {
        fuzz::with_file("index.json", index, |_| {
            let Ok(shards) = Shards::open(folder) else {
                return;
            };
            drop(shards.people());
            drop(shards.split_people(1, 7));
            let frames = |clip: usize| shards.videos()[clip].frames.len().min(4);
            for clip in 0..shards.videos().len().min(4) {
                for frame in 0..frames(clip) {
                    drop(shards.picture(clip, frame));
                    drop(shards.landmarks(clip, frame));
                }
            }
        });
    }
});

/// The index with the length that the tar file really has.
fn with_true_length(index: &[u8], length: usize) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(index) else {
        return index.to_vec();
    };
    if let Some(shards) = value.get_mut("shards").and_then(Value::as_array_mut) {
        for shard in shards {
            if let Some(fields) = shard.as_object_mut() {
                fields.insert("file".to_owned(), Value::from(TAR));
                fields.insert("bytes".to_owned(), Value::from(length));
            }
        }
    }
    serde_json::to_vec(&value).expect("a value is JSON")
}
