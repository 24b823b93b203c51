//! Tells the linker where libtorch lies, so that a binary with the feature `train` starts by itself.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if std::env::var_os("CARGO_FEATURE_TRAIN").is_none() {
        return;
    }
    let Some(folder) = std::env::var_os("LIBTORCH").map(PathBuf::from) else {
        return;
    };
    for libraries in library_folders(&folder) {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
    }
}

/// `lib`, and the CUDA run-time libraries that the wheels keep beside the folder.
fn library_folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.join("lib")];
    let packages = std::fs::read_dir(folder.with_file_name("nvidia"));
    let packages = packages.into_iter().flatten().flatten();
    let beside = packages.map(|package| package.path().join("lib"));
    folders.extend(beside.filter(|path| path.is_dir()));
    folders
}
